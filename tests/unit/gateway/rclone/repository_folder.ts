import { createHash } from "node:crypto";
import { uuid } from "../../given.ts";

/** A folder with files as restic and rclone leave them, in /tmp; removed at the end of its scope. */
export type RepositoryFolder = AsyncDisposable & {
  readonly path: string;
  /** Writes a file below the folder; `age` is how many milliseconds ago. */
  write(path: string, content: string, age?: number): Promise<void>;
  /** Which of these files are there. */
  there(...paths: string[]): Promise<string[]>;
};

export const REPOSITORY = `dokuwiki/${uuid("a")}`;

export async function repositoryFolder(): Promise<RepositoryFolder> {
  const folder = await Deno.makeTempDir({ dir: "/tmp" });
  const exists = async (path: string): Promise<boolean> =>
    await Deno.lstat(`${folder}/${path}`).then(() => true, () => false);
  return {
    path: folder,
    async write(path, content, age = 0) {
      await Deno.mkdir(`${folder}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
      await Deno.writeTextFile(`${folder}/${path}`, content);
      const when = new Date(Date.now() - age);
      await Deno.utime(`${folder}/${path}`, when, when);
    },
    async there(...paths) {
      const found = await Promise.all(paths.map(exists));
      return paths.filter((_, index) => found[index]);
    },
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

/** The name restic gives to this content. */
export function nameOf(content: string): string {
  return createHash("sha256").update(content).digest("hex");
}
