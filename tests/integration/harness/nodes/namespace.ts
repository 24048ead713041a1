import { eventually } from "../eventually.ts";
import { type Ended, run } from "../podman.ts";
import type { request } from "../request.ts";

/** As long as a test file may take: who is killed without cleaning up leaves nothing for longer. */
const LIFETIME_S = 1200;
const HELPER = new URL("request_inside.ts", import.meta.url).pathname;

/** What a request from inside can be given: all that can be written as JSON. */
export type InsideOptions = Omit<NonNullable<Parameters<typeof request>[2]>, "body" | "client"> & {
  readonly body?: string;
};

/** A network namespace with loopback and nothing else, gone at the end of its scope. */
export type Namespace = AsyncDisposable & {
  /** the process that holds it open: what `ip link set … netns` wants */
  readonly pid: number;
  /** Podman's word for it: what `--network` wants */
  readonly network: string;
  /** Runs a program of this host inside; throws where it fails. Returns standard output. */
  inside(program: string, ...args: string[]): Promise<string>;
  /** One request made inside, its body read to the end. Throws where there is no answer. */
  request(
    method: string,
    url: string,
    options?: InsideOptions,
  ): Promise<{ readonly status: number; readonly text: string }>;
};

/**
 * Held open by a process, not by a mount below /run/netns: so it needs no name that is unique on the host, and ends with
 * this test's processes even where these are killed.
 */
export async function startNamespace(): Promise<Namespace> {
  const holder = new Deno.Command("unshare", {
    args: ["--net", "sleep", String(LIFETIME_S)],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const path = `/proc/${holder.pid}/ns/net`;
  const enter = (...command: string[]): string[] => [`--net=${path}`, "--", ...command];
  const namespace: Namespace = {
    pid: holder.pid,
    network: `ns:${path}`,
    inside: (...command) => output("nsenter", enter(...command)),
    async request(method, url, options = {}) {
      // On standard input: a secret is nothing for a process list.
      const input = JSON.stringify([method, url, options]);
      const ended = await run(
        "nsenter",
        enter(Deno.execPath(), "run", "--quiet", "-A", "--no-check", HELPER),
        {
          input,
          timeoutMs: (options.timeoutMs ?? 60_000) + 30_000,
        },
      );
      if (ended.code !== 0) throw new Error(`Cannot request ${method} ${url}: ${ended.stderr}`);
      return JSON.parse(ended.stdout);
    },
    async [Symbol.asyncDispose]() {
      holder.kill("SIGKILL");
      await holder.status;
    },
  };
  try {
    const own = await Deno.readLink("/proc/self/ns/net");
    await eventually("the namespace is there", async () => await Deno.readLink(path) !== own);
    await namespace.inside("ip", "link", "set", "lo", "up");
  } catch (error) {
    await namespace[Symbol.asyncDispose]();
    throw error;
  }
  return namespace;
}

/** What a program of this host prints; throws where it does not end with 0. */
export async function output(program: string, args: readonly string[]): Promise<string> {
  const ended: Ended = await run(program, args, { timeoutMs: 30_000 });
  if (ended.code !== 0) {
    throw new Error(`${program} ${args.join(" ")} ended with ${ended.code}: ${ended.stderr}${ended.stdout}`);
  }
  return ended.stdout.trim();
}
