import { serveFor } from "../../backup/timers/serve.ts";

/** The gateway's state volume, of which its unit says the name (host/rclone-gateway.service). */
const VOLUME = "rclone-gateway-state";

/**
 * Where the gateway asks this host: BACKUP_SOCKET, or backup.sock in the gateway's state volume, or in STATE_DIR where there is no
 * such volume. It may not be there before the gateway has run for the first time, and be made anew: `look` sees to it, again and again.
 */
export function listening(
  stateDir: string,
  fetch: (request: Request) => Response | Promise<Response>,
  log: (message: string) => void,
): { look(): Promise<void>; close(): Promise<void> } {
  let server: Deno.HttpServer | undefined;
  let at = "";
  let told = "";
  let busy = false;
  return {
    async look() {
      if (busy) return;
      busy = true;
      try {
        if (server !== undefined && await isSocket(at)) return;
        await server?.shutdown().catch(() => {});
        server = undefined;
        at = await socketPath(stateDir);
        server = await serveFor(at, fetch);
        told = "";
        log(`answering the gateway on ${at}`);
      } catch (error) {
        const { message } = error as Error;
        if (message !== told) {
          log(
            `Cannot answer the gateway on ${at} (BACKUP_SOCKET): ${message}. Schedules go on; trying again`,
          );
        }
        told = message;
      } finally {
        busy = false;
      }
    },
    async close() {
      await server?.shutdown();
      await Deno.remove(at).catch(() => {/* it went with the server */});
    },
  };
}

async function socketPath(stateDir: string): Promise<string> {
  const given = Deno.env.get("BACKUP_SOCKET");
  if (given) return given;
  const { success, stdout } = await new Deno.Command("podman", {
    args: ["volume", "inspect", "--format", "{{.Mountpoint}}", VOLUME],
    stdin: "null",
    stderr: "null",
  }).output().catch(() => ({ success: false, stdout: new Uint8Array() }));
  const folder = new TextDecoder().decode(stdout).trim();
  return `${success && folder !== "" ? folder : stateDir}/backup.sock`;
}

async function isSocket(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(({ isSocket }) => isSocket === true, () => false);
}
