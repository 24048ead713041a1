import { Command } from "commander";
import type { RcloneLine, RcloneRequest } from "../../gateway/operator_app.ts";
import { failed, invalid } from "./failure.ts";
import { operatorSocket, readSettings } from "./session.ts";

export function rcloneCommand(): Command {
  return new Command("rclone")
    .description(
      "Runs rclone in the running gateway, with every destination as a remote named by its uuid, and all of them as the " +
        "folders of combined: (those that cannot be reached are left out, and named). Ends with rclone's exit code.",
    )
    .argument("<args...>", "rclone's arguments, after --: rclonegwctl rclone -- lsf combined:")
    .option("--config-from-stdin", "use the rclone.conf on standard input instead, and forget it afterwards")
    .action(run);
}

async function run(args: string[], options: { configFromStdin?: true }): Promise<void> {
  const settings = readSettings();
  const socket = operatorSocket(settings);
  if (options.configFromStdin && Deno.stdin.isTerminal()) {
    invalid("--config-from-stdin reads an rclone.conf from standard input: redirect it, as in < rclone.conf");
  }
  const config = options.configFromStdin ? await new Response(Deno.stdin.readable).text() : undefined;
  const request: RcloneRequest = { args, ...(config === undefined ? {} : { config }) };
  using client = Deno.createHttpClient({ proxy: { transport: "unix", path: socket } });
  let response: Response;
  try {
    response = await fetch("http://gateway/rclone", {
      client,
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(request),
    });
  } catch {
    failed(
      `Cannot reach the gateway over ${socket} (OPERATOR_SOCKET): is it running here, and are you root?`,
    );
  }
  if (response.body === null || !response.ok) failed(`The gateway refuses to run rclone: ${response.status}`);
  Deno.exitCode = await copy(response.body);
}

/** Copies what rclone says to where it belongs; returns its exit code. */
async function copy(body: ReadableStream<Uint8Array>): Promise<number> {
  let rest = "";
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const said = JSON.parse(line) as RcloneLine;
      if ("exit" in said) return said.exit;
      if ("stdout" in said) await writeAll(Deno.stdout, Uint8Array.fromBase64(said.stdout));
      else await writeAll(Deno.stderr, Uint8Array.fromBase64(said.stderr));
    }
  }
  failed("The gateway ended before rclone did");
}

async function writeAll(to: { write(data: Uint8Array): Promise<number> }, data: Uint8Array): Promise<void> {
  for (let written = 0; written < data.length;) written += await to.write(data.subarray(written));
}
