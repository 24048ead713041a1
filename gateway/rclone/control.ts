import type { RcloneServer } from "../domain/decision.ts";

/** One process of rclone, spoken to over its control socket (rclone's "Remote controlling rclone"). */
export type RcloneControl = {
  /** The sockets of the servers that run. */
  servers(): Promise<string[]>;
  /** Starts one server; returns when it accepts connections. Throws {@link RcloneError} with rclone's own words. */
  startServer(server: RcloneServer, fs: string, destination: string, socket: string): Promise<void>;
  close(): void;
};

/** What rclone said when it could not do something. */
export class RcloneError extends Error {
  override name = "RcloneError";
}

/** rclone does not answer on its control socket (yet). */
export class RcloneSilent extends Error {
  override name = "RcloneSilent";
}

/**
 * rclone ends each request after one hour, however well it goes on: a pack of 128 MiB needs more at less than 37 KB/s. What
 * does not go on is for HAProxy to end; this is as long as its old workers live (`hard-stop-after` in base.cfg).
 */
const PATIENT = { server_read_timeout: "6h", server_write_timeout: "6h" };

/** The options of each server. Names and meanings: `rclone serve restic|webdav`, written with underscores. */
const OPTIONS: Readonly<Record<RcloneServer, Readonly<Record<string, unknown>>>> = {
  // cache_objects off: the cache goes on reporting what was removed behind its back.
  "rest-append": { type: "restic", append_only: true, cache_objects: false },
  "rest-full": { type: "restic", append_only: false, cache_objects: false },
  // dir_cache_time 0: otherwise it says 404 about what was uploaded through another server.
  "webdav-read": { type: "webdav", read_only: true, vfs_cache_mode: "off", dir_cache_time: "0s" },
  "webdav-full": { type: "webdav", read_only: false, vfs_cache_mode: "off", dir_cache_time: "0s" },
};

/** The rclone behind a control socket. `timeoutMs` bounds each command: creating a remote can hang for ever. */
export function rcloneControl(controlSocket: string, timeoutMs: number): RcloneControl {
  const client = Deno.createHttpClient({ proxy: { transport: "unix", path: controlSocket } });
  async function command(name: string, parameters: Readonly<Record<string, unknown>>): Promise<unknown> {
    let response: Response;
    try {
      response = await fetch(`http://rclone/${name}`, {
        client,
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(parameters),
        signal: AbortSignal.timeout(timeoutMs),
      });
    } catch (error) {
      if ((error as Error).name === "TimeoutError") {
        throw new RcloneError(`no answer to ${name} within ${timeoutMs / 1000} s`);
      }
      throw new RcloneSilent("rclone does not answer on its control socket", { cause: error });
    }
    const answer = await response.json() as { error?: string };
    if (!response.ok) throw new RcloneError(answer.error ?? `${name} failed with status ${response.status}`);
    return answer;
  }
  return {
    async servers() {
      const { list } = await command("serve/list", {}) as { list?: { addr: string }[] };
      return (list ?? []).map(({ addr }) => addr.replace(/^unix:\/\//, ""));
    },
    async startServer(server, fs, destination, socket) {
      await command("serve/start", {
        ...OPTIONS[server],
        ...PATIENT,
        fs,
        addr: `unix://${socket}`,
        baseurl: `/${destination}`,
      });
    },
    close: () => client.close(),
  };
}
