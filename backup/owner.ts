/** A user of this host who owns a module's folder. */
export type Owner = {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
  readonly home: string;
};

/** A program to start. */
export type Command = {
  readonly program: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** whether it gets this environment alone */
  readonly clearEnvironment: boolean;
};

/**
 * A command line as somebody else's: with that user's rights, groups and home, in a session of its own, which has no terminal into
 * which it could type, and with nothing of this process's environment but what is given. That is there while the rights are still
 * this process's: nothing of the user's may be among it (LD_PRELOAD). Without an owner, or with this process's own user, it is started as it is.
 */
export function startedBy(
  owner: Owner | undefined,
  commandLine: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Command {
  const [program = "", ...args] = commandLine;
  if (owner === undefined || owner.uid === Deno.uid()) {
    return { program, args, environment, clearEnvironment: false };
  }
  return {
    program: "setpriv",
    args: [`--reuid=${owner.uid}`, `--regid=${owner.gid}`, "--init-groups", "--", "setsid", ...commandLine],
    environment: {
      PATH: "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin",
      HOME: owner.home,
      USER: owner.name,
      LOGNAME: owner.name,
      // Where a user's Podman has its sockets and locks.
      XDG_RUNTIME_DIR: `/run/user/${owner.uid}`,
      ...environment,
    },
    clearEnvironment: true,
  };
}
