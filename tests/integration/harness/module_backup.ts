import type { TestFolder } from "./module_folder.ts";
import { type Ended, IMAGES } from "./podman.ts";
import { OPERATOR } from "./rclonegwctl.ts";

const ROOT = new URL("../../../", import.meta.url).pathname;
const LONGEST_MS = 120_000;

/** A run of module-backup that has begun. */
export type Begun = {
  kill(signal: Deno.Signal): void;
  /** standard output so far */
  printed(): string;
  readonly ended: Promise<Ended>;
};

/** Starts module-backup from the sources, with the permissions that it has when it is installed. `by`: a program that starts it. */
export function beginModuleBackup(
  args: readonly string[],
  folder: TestFolder,
  options: { env?: Readonly<Record<string, string>>; by?: readonly string[] } = {},
): Begun {
  const [program = "", ...rest] = [
    ...options.by ?? [],
    Deno.execPath(),
    "run",
    "--quiet",
    "--no-prompt",
    "--config",
    `${ROOT}deno.json`,
    "-P=backup",
    `${ROOT}scripts/module_backup.ts`,
    ...args,
  ];
  const child = new Deno.Command(program, {
    args: rest,
    env: {
      ...OPERATOR,
      MODULE_FOLDERS: folder.pattern,
      BACKUP_LOCK_DIR: `${folder.path}.locks`,
      RESTIC_IMAGE: IMAGES.restic,
      ...options.env,
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(LONGEST_MS),
  }).spawn();
  let stdout = "";
  let stderr = "";
  const hear = async (stream: ReadableStream<Uint8Array>, to: (text: string) => void): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) to(decoder.decode(chunk, { stream: true }));
  };
  const heard = Promise.all([
    hear(child.stdout, (text) => stdout += text),
    hear(child.stderr, (text) => stderr += text),
  ]);
  return {
    kill: (signal) => child.kill(signal),
    printed: () => stdout,
    ended: (async () => {
      const { code } = await child.status;
      await heard;
      return { code, stdout, stderr };
    })(),
  };
}

/** The same, to its end. */
export function moduleBackup(...parameters: Parameters<typeof beginModuleBackup>): Promise<Ended> {
  return beginModuleBackup(...parameters).ended;
}

/** The command line of every process that this host shows. */
export function commandLines(): string[] {
  return [...Deno.readDirSync("/proc")].filter(({ name }) => /^[0-9]+$/.test(name)).flatMap(({ name }) => {
    try {
      return [Deno.readTextFileSync(`/proc/${name}/cmdline`).replaceAll("\0", " ")];
    } catch {
      return []; // it has ended meanwhile
    }
  });
}
