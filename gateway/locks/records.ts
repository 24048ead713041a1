import { formatLockRecord, type LockRecord, parseLockRecord } from "../domain/lock.ts";

/** A lock on record. `path` is `<destination>/<app type>/<module uuid>/<name>`; `since` in milliseconds since 1970. */
export type LockOnRecord = LockRecord & { readonly path: string; readonly since: number };

/** Who created which lock: one small file for each, where its object is on the storage. */
export type LockRecords = {
  /** every record there is */
  all(): Promise<LockOnRecord[]>;
  /** Puts a lock on record; outlives a power cut. Replaces what stood there. */
  put(path: string, record: LockRecord): Promise<void>;
  remove(path: string): Promise<void>;
};

/** Records below the given folder. */
export function lockRecords(folder: string): LockRecords {
  async function records(below: string): Promise<LockOnRecord[]> {
    const found: LockOnRecord[] = [];
    for await (const { name, isFile } of entries(`${folder}/${below}`)) {
      const path = `${below}/${name}`;
      if (!isFile || name.startsWith(".")) continue;
      try {
        const record = parseLockRecord(await Deno.readTextFile(`${folder}/${path}`));
        const { mtime } = await Deno.stat(`${folder}/${path}`);
        if (record !== undefined) found.push({ ...record, path, since: mtime?.getTime() ?? 0 });
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error; // removed meanwhile
      }
    }
    return found;
  }
  return {
    async all() {
      const found: LockOnRecord[] = [];
      for await (const destination of entries(folder)) {
        for await (const type of entries(`${folder}/${destination.name}`)) {
          for await (const repository of entries(`${folder}/${destination.name}/${type.name}`)) {
            found.push(...await records(`${destination.name}/${type.name}/${repository.name}`));
          }
        }
      }
      return found;
    },
    async put(path, record) {
      const slash = path.lastIndexOf("/");
      const parent = `${folder}/${path.slice(0, slash)}`;
      await Deno.mkdir(parent, { recursive: true, mode: 0o700 });
      const candidate = `${parent}/.${path.slice(slash + 1)}`;
      {
        using file = await Deno.open(candidate, { write: true, create: true, truncate: true, mode: 0o600 });
        await file.write(new TextEncoder().encode(formatLockRecord(record)));
        await file.sync();
      }
      await Deno.rename(candidate, `${folder}/${path}`);
      using directory = await Deno.open(parent);
      await directory.sync();
    },
    async remove(path) {
      await Deno.remove(`${folder}/${path}`).catch((error) => {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      });
    },
  };
}

async function* entries(folder: string): AsyncGenerator<Deno.DirEntry> {
  try {
    yield* Deno.readDir(folder);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory)) throw error;
  }
}
