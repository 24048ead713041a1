/** Loading a configuration of thousands of backends takes seconds; a master that is silent for longer is broken. */
const ANSWER_TIMEOUT_MS = 60_000;

/**
 * What HAProxy has to say against a candidate in the given folder, or undefined where it accepts it. `environment`: the variables
 * base.cfg reads, where this process does not have them itself.
 */
export async function checkCandidate(
  baseConfig: string,
  bundle: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<string | undefined> {
  const check = await new Deno.Command("haproxy", {
    // Not -q: it would take HAProxy's words away, too.
    args: ["-c", "-f", baseConfig, "-f", `${bundle}/backends.cfg`],
    env: { ...environment, GATEWAY_BUNDLE: bundle },
    stdout: "null",
    stderr: "piped",
  }).output();
  if (check.success) return undefined;
  const said = new TextDecoder().decode(check.stderr).split("\n").filter((line) =>
    !line.startsWith("[NOTICE]")
  );
  return said.join("\n").trim();
}

/**
 * Makes HAProxy read its configuration again, and waits until the new worker has taken over. Returns what HAProxy
 * says against it, or undefined where the new worker runs. Source: HAProxy's management guide, "Master CLI":
 * `reload` answers `Success=1` or `Success=0`, then the messages of the start.
 */
export async function reloadHaproxy(masterSocket: string): Promise<string | undefined> {
  const answer = await askHaproxy(masterSocket, "reload");
  return /^Success=1$/m.test(answer) ? undefined : answer.replace(/^Success=0\n(--\n)?/, "").trim();
}

/**
 * The workers of earlier configurations that still run, because transfers on them have not ended: for each, how many
 * reloads it has seen. Source: HAProxy's management guide, `show proc`: `<PID> <type> <reloads> <uptime> <version>`.
 */
export async function oldWorkers(masterSocket: string): Promise<number[]> {
  const [, old = ""] = (await askHaproxy(masterSocket, "show proc")).split("# old workers");
  return [...old.matchAll(/^\s*[0-9]+\s+worker\s+([0-9]+)\s/gm)].map(([, reloads]) => Number(reloads));
}

/** One command to HAProxy (its master, or a worker over its own socket), and all it answers. It answers in full, and ends, once the asking side has ended. */
export async function askHaproxy(socket: string, command: string): Promise<string> {
  const connection = await Deno.connect({ transport: "unix", path: socket });
  const close = (): void => {
    try {
      connection.close();
    } catch { /* closed already, by the reader or by the timer */ }
  };
  const timer = setTimeout(close, ANSWER_TIMEOUT_MS);
  try {
    await connection.write(new TextEncoder().encode(`${command}\n`));
    await connection.closeWrite();
    return await new Response(connection.readable).text();
  } catch (error) {
    throw new Error(`Cannot ask HAProxy to ${command}: ${(error as Error).message}`, {
      cause: error,
    });
  } finally {
    clearTimeout(timer);
    close();
  }
}
