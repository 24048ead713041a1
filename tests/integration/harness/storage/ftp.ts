import type { Address, Place } from "./place.ts";
import { LOGIN, type ServerOptions, startServer, type Storage } from "./server.ts";

/** How many ports after its own the server takes for data. */
const PASSIVE_PORTS = 40;

/**
 * FTP: vsftpd. Folders `files`, and `readonly`, which is the place of a second user who may only read. `at` moves the
 * control connection only: files and lists go to ports that the server names.
 */
export function startFtp({ port = 2121, password = LOGIN.password }: ServerOptions = {}): Promise<Storage> {
  const place = (address: Address, user: string, root: string): Place => ({
    login: { user, password, root },
    parameters: [
      ["type", "ftp"],
      ["host", address.host],
      ["port", String(address.port)],
      ["user", user],
      ["pass", password],
    ],
    obscured: ["pass"],
    path: root,
  });
  return startServer("ftp", port, {
    settings: {
      LOGIN: LOGIN.user,
      PASSWORD: password,
      PASSIVE_PORTS: `${port + 1}-${port + PASSIVE_PORTS}`,
    },
    places: (address) => ({
      writable: place(address, LOGIN.user, "files"),
      readOnly: place(address, `${LOGIN.user}-reader`, "readonly"),
    }),
  });
}
