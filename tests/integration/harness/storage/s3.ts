import type { Address, Place } from "./place.ts";
import { LOGIN, type ServerOptions, startServer, type Storage } from "./server.ts";

/**
 * S3: Ceph's gateway. Buckets `files`, and `readonly`, which the second access key may read. It uses the port after its
 * own, too, while it starts for the first time.
 */
export function startS3({ port = 9000, password = LOGIN.password }: ServerOptions = {}): Promise<Storage> {
  const place = (address: Address, user: string, root: string): Place => ({
    login: { user, password, root },
    parameters: [
      ["type", "s3"],
      ["provider", "Ceph"],
      ["access_key_id", user],
      ["secret_access_key", password],
      ["endpoint", `http://${address.host}:${address.port}`],
    ],
    obscured: [],
    path: root,
  });
  return startServer("s3", port, {
    settings: { LOGIN: LOGIN.user, PASSWORD: password },
    places: (address) => ({
      writable: place(address, LOGIN.user, "files"),
      readOnly: place(address, `${LOGIN.user}-reader`, "readonly"),
    }),
  });
}
