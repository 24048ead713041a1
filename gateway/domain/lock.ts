import type { AllowReason } from "./decision.ts";
import type { RepositoryPath } from "./repository.ts";
import type { ObjectName } from "./restic_object.ts";
import type { Uuid } from "./uuid.ts";

/** A lock's place: its repository on one destination, and its name. */
export type LockPlace = {
  readonly destination: Uuid;
  readonly repository: RepositoryPath;
  readonly name: ObjectName;
};

/** Who created a lock, such as `module/dokuwiki1`, and by which right. */
export type LockRecord = { readonly owner: string; readonly right: AllowReason };

/** The largest lock that a module may create, in bytes. restic's are of some hundred. */
export const MAX_LOCK_BYTES = 8192;

/** Where the locks of a repository are on record, below the folder of all records. */
export function lockFolder({ destination, repository }: Omit<LockPlace, "name">): string {
  return `${destination}/${repository.appType}/${repository.moduleUuid}`;
}

/** The record of a lock, as it stands in its file. */
export function formatLockRecord({ owner, right }: LockRecord): string {
  return `${right} ${owner}\n`;
}

/** The record in a file's text; undefined for every other text. */
export function parseLockRecord(text: string): LockRecord | undefined {
  const [, right, owner] = /^(node|own-repository|restore-grant) (\S+)\n$/.exec(text) ?? [];
  return right === undefined || owner === undefined ? undefined : { owner, right: right as AllowReason };
}
