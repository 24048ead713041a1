import type { RestoreMessage } from "../../backup/restore/messages.ts";
import { formatBytes } from "./bytes.ts";
import { note } from "./output.ts";

const WIDTH = 30;

/** Shows how far a restore is: JSON lines for programs, a bar on a terminal, else a line for every tenth. */
export function restoreProgress(json: boolean): (message: RestoreMessage) => void {
  const terminal = Deno.stderr.isTerminal();
  let tenth = -1;
  return (message) => {
    if (message.kind === "error") return note(message.text);
    const { kind, done, bytes, totalBytes, files, totalFiles } = message;
    // The last line is the command's own.
    if (json && kind === "summary") return;
    if (json) {
      return console.log(JSON.stringify({
        message_type: kind,
        percent_done: done,
        bytes_restored: bytes,
        total_bytes: totalBytes,
        files_restored: files,
        total_files: totalFiles,
      }));
    }
    const text = `${String(Math.floor(done * 100)).padStart(3)} %  ${formatBytes(bytes)} of ${
      formatBytes(totalBytes)
    }, ${files} of ${totalFiles} files`;
    if (terminal) {
      const full = Math.round(done * WIDTH);
      const line = `\r\x1b[K[${"#".repeat(full)}${".".repeat(WIDTH - full)}] ${text}`;
      Deno.stderr.writeSync(new TextEncoder().encode(kind === "summary" ? `${line}\n` : line));
    } else if (Math.floor(done * 10) > tenth) {
      tenth = Math.floor(done * 10);
      note(text);
    }
  };
}
