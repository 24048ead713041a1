import { parseBackupId } from "../../../gateway/domain/backup_run.ts";
import { invalid } from "../failure.ts";

/** Ends the command where the text is no backup's number. */
export function checkId(text: string): void {
  if (parseBackupId(text) === undefined) {
    invalid(`"${text}" is not the number of a backup: see "rclonegwctl backup list"`);
  }
}
