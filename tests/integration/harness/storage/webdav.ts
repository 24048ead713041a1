import type { Address, Place } from "./place.ts";
import { LOGIN, type ServerOptions, startServer, type Storage } from "./server.ts";

/** WebDAV: Apache. Folders `files`, and `readonly`, where only reading methods are allowed. */
export function startWebdav(
  { port = 8081, password = LOGIN.password }: ServerOptions = {},
): Promise<Storage> {
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
  return startServer("webdav", port, {
    settings: { LOGIN: LOGIN.user, PASSWORD: password },
    places: (address) => ({ writable: place(address, "files"), readOnly: place(address, "readonly") }),
  });
}
