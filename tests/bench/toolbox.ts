import { type Container, podman, run, startContainer } from "../integration/harness/podman.ts";

export const BENCH_IMAGE = Deno.env.get("RCLONE_GATEWAY_BENCH_IMAGE") ??
  "localhost/rclone-gateway-bench:latest";

/** A folder in memory, so that no disk is part of what is measured; `path` is the same here and in the toolbox. */
export type Work = Disposable & { readonly path: string };

export function makeWork(): Work {
  const path = Deno.makeTempDirSync({
    dir: "/dev/shm",
    prefix: `rclone-gateway-${Deno.env.get("RCLONE_GATEWAY_TEST_ID") ?? "bench"}-`,
  });
  Deno.chmodSync(path, 0o755);
  return { path, [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }) };
}

/** Runs the tools of the bench image, without starting a container each time. Throws with what a tool printed where it fails. */
export type Toolbox = AsyncDisposable & {
  run(
    command: readonly string[],
    options?: { env?: Readonly<Record<string, string>>; timeoutMs?: number },
  ): Promise<string>;
};

/**
 * A container that does nothing, in whose files the tools are run: `nsenter --mount` needs milliseconds where
 * `podman run` needs a second of processor time.
 */
export async function startToolbox(work: Work): Promise<Toolbox> {
  const container: Container = await startContainer("toolbox", BENCH_IMAGE, [
    "--volume",
    `${work.path}:${work.path}`,
  ]);
  const pid = await podman("inspect", "--format", "{{.State.Pid}}", container.name);
  return {
    async run([program, ...args], { env, timeoutMs = 60_000 } = {}) {
      const ended = await run("nsenter", ["--target", pid, "--mount", "--", program ?? "", ...args], {
        ...(env === undefined ? {} : { env }),
        timeoutMs,
      });
      if (ended.code !== 0) {
        throw new Error(
          `Cannot run ${program}: it ended with ${ended.code}: ${ended.stderr.trim()} ${ended.stdout.trim()}`,
        );
      }
      return ended.stdout;
    },
    [Symbol.asyncDispose]: () => container[Symbol.asyncDispose](),
  };
}
