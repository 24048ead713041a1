/** Podman, as the tests use it: everything that is made carries the label by which scripts/test removes leftovers. */
export const IMAGES = {
  gateway: Deno.env.get("RCLONE_GATEWAY_IMAGE") ?? "localhost/rclone-gateway:latest",
  redis: Deno.env.get("RCLONE_GATEWAY_REDIS_IMAGE") ?? "localhost/rclone-gateway-redis:latest",
  restic: Deno.env.get("RCLONE_GATEWAY_RESTIC_IMAGE") ?? "localhost/rclone-gateway-restic:latest",
  resticVersions: Deno.env.get("RCLONE_GATEWAY_RESTIC_VERSIONS_IMAGE") ??
    "localhost/rclone-gateway-restic-versions:latest",
  storages: Deno.env.get("RCLONE_GATEWAY_STORAGES_IMAGE") ?? "localhost/rclone-gateway-storages:latest",
} as const;

export const LABEL = `rclone-gateway-test=${Deno.env.get("RCLONE_GATEWAY_TEST_ID") ?? "by-hand"}`;
let sequence = 0;

/** What a command printed and how it ended. */
export type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** Runs a program to its end, or `signal`'s, `input` on its standard input. Never throws for an exit code. */
export async function run(program: string, args: readonly string[], options: {
  env?: Readonly<Record<string, string>>;
  input?: string;
  timeoutMs?: number;
  signal?: AbortSignal;
} = {}): Promise<Ended> {
  const timeout = AbortSignal.timeout(options.timeoutMs ?? 300_000);
  const child = new Deno.Command(program, {
    args: [...args],
    env: { ...options.env },
    stdin: options.input === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
    signal: options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]),
  }).spawn();
  if (options.input !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(options.input));
    await writer.close();
  }
  const { code, stdout, stderr } = await child.output();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

/** The same for podman; throws with what it printed where it fails. Returns standard output. */
export async function podman(...args: string[]): Promise<string> {
  const ended = await run("podman", args);
  if (ended.code !== 0) {
    throw new Error(`podman ${args[0]} failed (${ended.code}): ${ended.stderr}${ended.stdout}`);
  }
  return ended.stdout.trim();
}

/** A name that no other test of this run uses. */
export function uniqueName(what: string): string {
  return `${LABEL.split("=")[1]}-${what}-${Deno.pid}-${++sequence}`;
}

/** Where a container's network is unless a test says otherwise: in the test's own namespace. */
export const OWN_NETWORK = "host";

/** A running container, removed with its anonymous volumes at the end of its scope. */
export type Container = AsyncDisposable & {
  readonly name: string;
  logs(): Promise<string>;
  /** ends it as a power cut would; its files stay. Returns when it is gone */
  kill(): Promise<void>;
  /** the same container again, with the files it had */
  start(): Promise<void>;
  /** process ids as this host sees them, with their command lines; the container's first process comes first */
  processes(): Promise<{ pid: number; command: string }[]>;
};

/**
 * Starts a container in the background. `args` come before the image, `command` after it; `network` is Podman's word for
 * where it is to be.
 */
export async function startContainer(
  what: string,
  image: string,
  args: readonly string[] = [],
  command: readonly string[] = [],
  network = OWN_NETWORK,
): Promise<Container> {
  const name = uniqueName(what);
  await podman(
    "run",
    "--detach",
    "--name",
    name,
    "--label",
    LABEL,
    `--network=${network}`,
    ...args,
    image,
    ...command,
  );
  const logs = async (): Promise<string> => {
    const { stdout, stderr } = await run("podman", ["logs", name]);
    return stdout + stderr;
  };
  return {
    name,
    logs,
    async kill() {
      await podman("kill", name);
      await podman("wait", name);
    },
    async start() {
      await podman("start", name);
    },
    async processes() {
      const first = Number(await podman("inspect", "--format", "{{.State.Pid}}", name));
      return [...descendants(first)];
    },
    async [Symbol.asyncDispose]() {
      // For whoever looks for the cause of a failure: LOGS=<folder> keeps what each container printed.
      const folder = Deno.env.get("LOGS");
      if (folder !== undefined) await Deno.writeTextFile(`${folder}/${name}.log`, await logs());
      await run("podman", ["rm", "--ignore", "--force", "--time", "0", "--volumes", name]);
    },
  };
}

/**
 * A process and all below it, parents first. Read from /proc, since `podman top` knows no process numbers where this
 * host is itself a namespace.
 */
function* descendants(pid: number): Generator<{ pid: number; command: string }> {
  let command: string;
  let children: string;
  try {
    command = Deno.readTextFileSync(`/proc/${pid}/cmdline`).split("\0").join(" ").trim();
    children = [...Deno.readDirSync(`/proc/${pid}/task`)].map(({ name }) =>
      Deno.readTextFileSync(`/proc/${pid}/task/${name}/children`)
    ).join(" ");
  } catch (error) {
    // It has ended meanwhile.
    if (error instanceof Deno.errors.NotFound || /No such process/.test(String(error))) return;
    throw error;
  }
  yield { pid, command };
  for (const child of children.split(/\s+/).filter((text) => text !== "")) yield* descendants(Number(child));
}

/** A named volume, removed at the end of its scope. */
export async function makeVolume(
  what: string,
): Promise<AsyncDisposable & { readonly name: string; path(): Promise<string> }> {
  const name = uniqueName(what);
  await podman("volume", "create", "--label", LABEL, name);
  return {
    name,
    path: () => podman("volume", "inspect", "--format", "{{.Mountpoint}}", name),
    async [Symbol.asyncDispose]() {
      await run("podman", ["volume", "rm", "--force", name]);
    },
  };
}

/** A temporary folder, removed at the end of its scope. */
export function makeFolder(mode = 0o755): Disposable & { readonly path: string } {
  const path = Deno.makeTempDirSync({ prefix: "rclone-gateway-test-" });
  Deno.chmodSync(path, mode);
  return { path, [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }) };
}
