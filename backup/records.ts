/**
 * A snapshot that a node has seen being made, under its id (64 digits) in `private/nodes/gateway/snapshots/<repository>`. The time
 * is the node's, not what the snapshot says of itself: who writes a snapshot dates it, too.
 */
export type SnapshotRecord = {
  readonly id: string;
  /** when the node's run ended, in seconds since 1970 */
  readonly seen: number;
  /** which definition's run, and on which node */
  readonly backup: string;
  readonly node: string;
  /** what it holds and what it has added, in bytes, and files, as restic said at the end of that run */
  readonly bytes: number;
  readonly added: number;
  readonly files: number;
};

const ID = /^[0-9a-f]{64}$/;

/** Records from the hash; what is none is left out: it counts as never recorded, and nothing that it names is forgotten. */
export function parseRecords(hash: Readonly<Record<string, string>>): SnapshotRecord[] {
  const records: SnapshotRecord[] = [];
  for (const [id, text] of Object.entries(hash)) {
    const record = ID.test(id) ? parseRecord(id, text) : undefined;
    if (record !== undefined) records.push(record);
  }
  return records;
}

/** A record as it is stored. */
export function formatRecord({ id: _, ...rest }: SnapshotRecord): string {
  return JSON.stringify(rest);
}

function parseRecord(id: string, text: string): SnapshotRecord | undefined {
  let found: Partial<Record<keyof SnapshotRecord, unknown>>;
  try {
    found = JSON.parse(text) ?? {};
  } catch {
    return undefined;
  }
  const { seen, backup, node, bytes, added, files } = found;
  const number = (value: unknown): number => typeof value === "number" && Number.isFinite(value) ? value : -1;
  // Up to the year 5138: whoever counts in milliseconds is found out.
  const time = number(seen) > 0 && number(seen) < 1e11;
  if (!time || typeof backup !== "string" || typeof node !== "string") return undefined;
  return {
    id,
    seen: number(seen),
    backup,
    node,
    bytes: number(bytes),
    added: number(added),
    files: number(files),
  };
}
