/** What HAProxy has to say against a candidate in the given folder, or undefined where it accepts it. */
export async function checkCandidate(baseConfig: string, bundle: string): Promise<string | undefined> {
  const check = await new Deno.Command("haproxy", {
    args: ["-c", "-q", "-f", baseConfig, "-f", `${bundle}/backends.cfg`],
    env: { GATEWAY_BUNDLE: bundle },
    stdout: "null",
    stderr: "piped",
  }).output();
  return check.success ? undefined : new TextDecoder().decode(check.stderr).trim();
}

/**
 * Makes HAProxy read its configuration again, and waits until the new worker has taken over. Returns what HAProxy
 * says against it, or undefined where the new worker runs. Source: HAProxy's management guide, "Master CLI":
 * `reload` answers `Success=1` or `Success=0`, then the messages of the start.
 */
export async function reloadHaproxy(masterSocket: string): Promise<string | undefined> {
  const answer = await ask(masterSocket, "reload");
  return /^Success=1$/m.test(answer) ? undefined : answer.replace(/^Success=0\n(--\n)?/, "").trim();
}

/** How many workers of earlier configurations still run, because transfers on them have not ended. */
export async function oldWorkers(masterSocket: string): Promise<number> {
  const [, old = ""] = (await ask(masterSocket, "show proc")).split("# old workers");
  return old.split("\n").filter((line) => /^\s*[0-9]+\s+worker/.test(line)).length;
}

async function ask(socket: string, command: string): Promise<string> {
  const connection = await Deno.connect({ transport: "unix", path: socket });
  try {
    await connection.write(new TextEncoder().encode(`${command}\n`));
    return await new Response(connection.readable).text();
  } finally {
    try {
      connection.close();
    } catch { /* the reader has closed it */ }
  }
}
