import { makeFolder, run } from "./podman.ts";

/**
 * A user of this host for the length of a test, with a home folder and a Podman of its own. Nobody's /etc is changed: what is started
 * by {@link by} sees a copy of it with the user in it.
 */
export type TestUser = AsyncDisposable & {
  readonly uid: number;
  readonly home: string;
  /** a command line's beginning: as root, in a world in which there is the user */
  readonly by: readonly string[];
  /** runs something as the user; throws where it fails. Returns standard output */
  run(...command: string[]): Promise<string>;
};

const UID = 48_123;
const FIRST_OF_MANY = 1_000_000;

/** `home` is made to be the user's. */
export async function makeUser(name: string, home: string): Promise<TestUser> {
  const folder = makeFolder();
  const etc = `${folder.path}/etc`;
  await must("cp", "--archive", "/etc", etc);
  await Deno.writeTextFile(`${etc}/passwd`, `${name}:x:${UID}:${UID}::${home}:/bin/sh\n`, { append: true });
  await Deno.writeTextFile(`${etc}/group`, `${name}:x:${UID}:\n`, { append: true });
  for (const file of ["subuid", "subgid"]) {
    await Deno.writeTextFile(`${etc}/${file}`, `${name}:${FIRST_OF_MANY}:65536\n`);
  }
  const runtime = `/run/user/${UID}`;
  await Deno.mkdir(runtime, { recursive: true, mode: 0o700 });
  // What this host's Podman needs (scripts/lib/host.sh), that of the user needs, too.
  const conf = Deno.env.get("CONTAINERS_CONF");
  await Deno.mkdir(`${home}/.config/containers`, { recursive: true });
  if (conf !== undefined) await Deno.copyFile(conf, `${home}/.config/containers/containers.conf`);
  await must("chown", "--recursive", `${UID}:${UID}`, home, runtime);
  const by = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc; exec "$@"', etc];
  const asUser = (command: readonly string[]) => {
    const [program = "", ...args] = by;
    return run(program, [
      ...args,
      "setpriv",
      `--reuid=${UID}`,
      `--regid=${UID}`,
      "--init-groups",
      "env",
      "-i",
      "-C",
      home,
      `PATH=${Deno.env.get("PATH")}`,
      `HOME=${home}`,
      `USER=${name}`,
      `XDG_RUNTIME_DIR=${runtime}`,
      ...command,
    ], { timeoutMs: 60_000 });
  };
  return {
    uid: UID,
    home,
    by,
    async run(...command) {
      const ended = await asUser(command);
      if (ended.code !== 0) throw new Error(`${command.join(" ")} failed (${ended.code}): ${ended.stderr}`);
      return ended.stdout.trim();
    },
    async [Symbol.asyncDispose]() {
      await asUser(["podman", "rm", "--all", "--force", "--time=0"]);
      // Ends the process that holds the user's namespace.
      await asUser(["podman", "system", "migrate"]);
      await Deno.remove(runtime, { recursive: true });
      folder[Symbol.dispose]();
    },
  };
}

/** Why users of this host cannot run containers; undefined where they can. */
export async function withoutRootless(): Promise<string | undefined> {
  using home = makeFolder();
  try {
    await using user = await makeUser("probe", home.path);
    await user.run("podman", "unshare", "true");
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

async function must(program: string, ...args: string[]): Promise<void> {
  const { code, stderr } = await run(program, args);
  if (code !== 0) throw new Error(`${program} failed (${code}): ${stderr}`);
}
