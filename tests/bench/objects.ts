import { createHash, randomFillSync } from "node:crypto";
import { MAIL1, type TestIdentity } from "../integration/harness/cluster.ts";

/** The user of the gateway's image: what it serves belongs to it. */
const GATEWAY_USER = 4694;

/** A content in a file, named by its SHA-256 as restic names what it stores. */
export type Stored = { readonly name: string; readonly file: string };

/** Makes files of random content. Each differs in its first bytes only: the rest is random once. */
export function makeObjects(folder: string, count: number, size: number): Stored[] {
  Deno.mkdirSync(folder, { recursive: true });
  const content = new Uint8Array(size);
  for (let from = 0; from < size; from += 1 << 20) {
    randomFillSync(content.subarray(from, Math.min(size, from + (1 << 20))));
  }
  return Array.from({ length: count }, () => {
    randomFillSync(content.subarray(0, Math.min(64, size)));
    const name = createHash("sha256").update(content).digest("hex");
    const file = `${folder}/${name}`;
    Deno.writeFileSync(file, content);
    return { name, file };
  });
}

/** The storage that all candidates serve: a folder with one module's repository in it. */
export type Store = {
  readonly path: string;
  /** puts objects there, as if they had been uploaded */
  put(objects: readonly Stored[], repository?: string): void;
  /** removes objects where they are */
  remove(objects: readonly Stored[]): void;
  /** removes everything of a repository `<app type>/<module uuid>` */
  empty(repository: string): void;
  /** keeps what a repository has now; what is returned puts it back, and nothing else is there then */
  keep(repository: string): () => void;
};

/** `<app type>/<module uuid>`, as a candidate's paths have it. */
export function repositoryOf({ name, uuid }: TestIdentity): string {
  return `${name.slice("module/".length).replace(/[0-9]+$/, "")}/${uuid}`;
}

export const OBJECTS_REPOSITORY = repositoryOf(MAIL1);

export function makeStore(path: string): Store {
  const own = (made: string): void => Deno.chownSync(made, GATEWAY_USER, GATEWAY_USER);
  Deno.mkdirSync(path);
  own(path);
  const folderOf = ({ name }: Stored, repository: string): string =>
    `${path}/${repository}/data/${name.slice(0, 2)}`;
  return {
    path,
    put(objects, repository = OBJECTS_REPOSITORY) {
      for (const object of objects) {
        const folder = folderOf(object, repository);
        Deno.mkdirSync(folder, { recursive: true });
        for (let made = folder; made !== path; made = made.slice(0, made.lastIndexOf("/"))) own(made);
        Deno.copyFileSync(object.file, `${folder}/${object.name}`);
        own(`${folder}/${object.name}`);
      }
    },
    remove(objects) {
      for (const object of objects) removeIfThere(`${folderOf(object, OBJECTS_REPOSITORY)}/${object.name}`);
    },
    empty: (repository) => removeIfThere(`${path}/${repository}`),
    keep(repository) {
      const kept = [...entriesBelow(`${path}/${repository}`)];
      return () => {
        removeIfThere(`${path}/${repository}`);
        for (const { at, content } of kept) {
          if (content === undefined) Deno.mkdirSync(at);
          else Deno.writeFileSync(at, content);
          own(at);
        }
      };
    },
  };
}

/** A folder and all below it, parents first; folders have no content. */
function* entriesBelow(at: string): Generator<{ at: string; content: Uint8Array | undefined }> {
  if (!Deno.statSync(at).isDirectory) return yield { at, content: Deno.readFileSync(at) };
  yield { at, content: undefined };
  for (const { name } of Deno.readDirSync(at)) yield* entriesBelow(`${at}/${name}`);
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
