import type { Address, Place } from "./place.ts";
import { LOGIN, type ServerOptions, startServer, type Storage } from "./server.ts";

/** The log is read once it has not grown for this long; it is not waited for longer than this many times. */
const SETTLE_MS = 100;
const SETTLE_LOOKS = 100;

/** The server, and what it was asked so far, by its own access log: `<method> <path> <status>` of each request. */
export type WebdavStorage = Storage & { requests(): Promise<string[]> };

/** WebDAV: Apache. Folders `files`, and `readonly`, where only reading methods are allowed. */
export async function startWebdav(
  { port = 8081, password = LOGIN.password }: ServerOptions = {},
): Promise<WebdavStorage> {
  const place = (address: Address, root: string): Place => ({
    login: { user: LOGIN.user, password, root },
    parameters: [
      ["type", "webdav"],
      ["url", `http://${address.host}:${address.port}`],
      ["vendor", "other"],
      ["user", LOGIN.user],
      ["pass", password],
    ],
    obscured: ["pass"],
    path: root,
  });
  const storage = await startServer("webdav", port, {
    settings: { LOGIN: LOGIN.user, PASSWORD: password },
    places: (address) => ({ writable: place(address, "files"), readOnly: place(address, "readonly") }),
  });
  const log = `${storage.folder}/requests.log`;
  return {
    ...storage,
    async requests() {
      // A request is in the log once it was answered: what has just been answered may be about to be written.
      for (let look = 0, size = -1; look < SETTLE_LOOKS; look++) {
        const now = (await Deno.stat(log)).size;
        if (now === size) break;
        size = now;
        await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      }
      return (await Deno.readTextFile(log)).trim().split("\n");
    },
  };
}
