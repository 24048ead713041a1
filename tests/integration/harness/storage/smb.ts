import type { Address, Place } from "./place.ts";
import { LOGIN, type ServerOptions, startServer, type Storage } from "./server.ts";

/** SMB: Samba. Shares `files`, and `readonly`. */
export function startSmb({ port = 4450, password = LOGIN.password }: ServerOptions = {}): Promise<Storage> {
  const place = (address: Address, root: string): Place => ({
    login: { user: LOGIN.user, password, root },
    parameters: [
      ["type", "smb"],
      ["host", address.host],
      ["port", String(address.port)],
      ["user", LOGIN.user],
      ["pass", password],
    ],
    obscured: ["pass"],
    path: root,
  });
  return startServer("smb", port, {
    settings: { LOGIN: LOGIN.user, PASSWORD: password },
    places: (address) => ({ writable: place(address, "files"), readOnly: place(address, "readonly") }),
  });
}
