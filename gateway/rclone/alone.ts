/** How a run of rclone ended. `undefined` as the code: it was stopped because its time was over. */
export type AloneEnded = {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
};

/** What is kept of each output: more is a list that nobody asked for. */
const OUTPUT_LIMIT = 1 << 20;
/** How long its output is still read after it has ended. */
const LAST_WORDS_MS = 500;

/**
 * Runs rclone on its own: nothing of this process's environment but PATH reaches it, `folder` is its home, its temporary folder
 * and where its configuration is (`rclone.conf`), and after `withinMs` it is killed.
 */
export async function rcloneAlone(
  folder: string,
  args: readonly string[],
  options: { readonly input?: string; readonly withinMs: number },
): Promise<AloneEnded> {
  const child = new Deno.Command("rclone", {
    args: [
      "--config",
      `${folder}/rclone.conf`,
      "--cache-dir",
      `${folder}/cache`,
      "--ask-password=false",
      ...args,
    ],
    clearEnv: true,
    env: {
      HOME: folder,
      TMPDIR: folder,
      XDG_CONFIG_HOME: folder,
      LC_ALL: "C.UTF-8",
      // By it rclone is found, on a host beside this command; and what an operator trusts it to run.
      PATH: Deno.env.get("PATH") ?? "/usr/local/bin:/usr/bin:/bin",
    },
    cwd: folder,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
  }, options.withinMs);
  const ended = child.status.finally(() => clearTimeout(timer));
  const outputs = [limited(child.stdout, ended), limited(child.stderr, ended)] as const;
  void feed(child.stdin, options.input ?? "");
  const [stdout, stderr] = await Promise.all(outputs);
  const { code } = await ended;
  return { code: late ? undefined : code, stdout, stderr };
}

async function feed(stdin: WritableStream<Uint8Array>, text: string): Promise<void> {
  try {
    const writer = stdin.getWriter();
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch {
    // It ended before it had read everything: its exit code says the rest.
  }
}

/** What is printed until the process has ended: what it has started itself may keep the pipe open for ever. */
async function limited(stream: ReadableStream<Uint8Array>, ended: Promise<unknown>): Promise<string> {
  const reader = stream.getReader();
  const over = ended.then(() =>
    new Promise<undefined>((resolve) => setTimeout(resolve, LAST_WORDS_MS, undefined))
  );
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const read = await Promise.race([reader.read(), over]);
    if (read === undefined || read.done) break;
    if (text.length < OUTPUT_LIMIT) text += decoder.decode(read.value, { stream: true });
  }
  await reader.cancel();
  return text;
}
