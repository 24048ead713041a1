import { sha256Of } from "./sha256_of.ts";

/** What a server says of an object. `modified` in milliseconds since 1970, undefined where it does not say. */
export type Looked =
  | { readonly kind: "absent" }
  | { readonly kind: "there"; readonly size: number; readonly modified: number | undefined }
  | { readonly kind: "unknown" };

/** One restic REST server of rclone, asked by the gateway for itself. Paths are those of requests. */
export type RestServer = {
  look(path: string): Promise<Looked>;
  /** SHA-256 of the stored object in hex; undefined where not exactly `size` bytes of it could be read */
  digest(path: string, size: number): Promise<string | undefined>;
  /** whether the object was there and is gone now */
  remove(path: string): Promise<boolean>;
};

/** The server behind a unix socket. `timeoutMs` bounds each question but for the reading of an object: three times that. */
export function restServer(socket: string, timeoutMs: number): RestServer {
  async function ask<T>(
    method: string,
    path: string,
    timeout: number,
    read: (response: Response) => Promise<T>,
  ): Promise<T | undefined> {
    let client: Deno.HttpClient | undefined;
    try {
      client = Deno.createHttpClient({ proxy: { transport: "unix", path: socket } });
      const signal = AbortSignal.timeout(timeout);
      const response = await fetch(`http://rclone${path}`, { client, method, signal });
      try {
        return await read(response);
      } finally {
        await response.body?.cancel().catch(() => {/* read to its end, or broken */});
      }
    } catch {
      return undefined;
    } finally {
      client?.close();
    }
  }
  return {
    async look(path) {
      const looked = await ask("HEAD", path, timeoutMs, (response): Promise<Looked> => {
        // rclone says 404 where there is nothing, and 500 where it could not find out.
        if (response.status === 404) return Promise.resolve({ kind: "absent" });
        const size = response.headers.get("content-length");
        if (response.status !== 200 || size === null) return Promise.resolve({ kind: "unknown" });
        const modified = Date.parse(response.headers.get("last-modified") ?? "");
        return Promise.resolve({
          kind: "there",
          size: Number(size),
          modified: Number.isNaN(modified) ? undefined : modified,
        });
      });
      return looked ?? { kind: "unknown" };
    },
    digest: (path, size) =>
      ask("GET", path, timeoutMs * 3, async (response) => {
        if (response.status !== 200 || response.body === null) return undefined;
        const read = await sha256Of(response.body);
        return read.size === size ? read.digest : undefined;
      }),
    remove: async (path) =>
      await ask("DELETE", path, timeoutMs, (response) => Promise.resolve(response.status === 200)) ?? false,
  };
}
