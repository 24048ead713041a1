/** What a running rclone says, as it says it; `exit` is the last. */
export type Said =
  | { readonly stream: "stdout" | "stderr"; readonly data: Uint8Array }
  | { readonly exit: number };

/** A configuration of its own, and only for as long as the command runs. */
export type Run = {
  readonly args: readonly string[];
  /** rclone.conf; secrets in it are in reach of this process alone */
  readonly config: string;
  /** ends it */
  readonly signal: AbortSignal;
};

/**
 * Runs rclone with the given arguments, and its configuration in a folder of its own below `folder`, which is removed
 * afterwards. It inherits nothing of this process's environment.
 */
export async function* runRclone(folder: string, { args, config, signal }: Run): AsyncGenerator<Said> {
  const own = await Deno.makeTempDir({ dir: folder, prefix: "run-" });
  try {
    await Deno.writeTextFile(`${own}/rclone.conf`, config, { mode: 0o600 });
    const child = new Deno.Command("rclone", {
      args: ["--config", `${own}/rclone.conf`, "--cache-dir", `${own}/cache`, ...args],
      clearEnv: true,
      env: { PATH: "/usr/bin:/bin", HOME: "/nonexistent", TMPDIR: own },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      signal,
    }).spawn();
    yield* merged(child);
    yield { exit: (await child.status).code };
  } finally {
    await Deno.remove(own, { recursive: true });
  }
}

/** Both streams of a process, in the order in which their pieces arrive. */
async function* merged(child: Deno.ChildProcess): AsyncGenerator<Said> {
  const pending = new Map<
    "stdout" | "stderr",
    Promise<{ stream: "stdout" | "stderr"; data: Uint8Array | undefined }>
  >();
  const readers = { stdout: child.stdout.getReader(), stderr: child.stderr.getReader() };
  const next = (stream: "stdout" | "stderr"): void => {
    pending.set(stream, readers[stream].read().then(({ value }) => ({ stream, data: value })));
  };
  next("stdout");
  next("stderr");
  while (pending.size > 0) {
    const { stream, data } = await Promise.race(pending.values());
    pending.delete(stream);
    if (data === undefined) continue;
    next(stream);
    yield { stream, data };
  }
}
