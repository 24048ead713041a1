import type { Address, Place } from "./place.ts";
import { type Elsewhere, LOGIN, type ServerOptions, startServer, type Storage } from "./server.ts";

/**
 * S3: OpenStack Swift. Buckets `files` and `readonly`; the place that is read-only is the latter, with a second access key
 * that may read and nothing else. The server takes the three ports after its own, too, and keeps nothing in `folder`. A
 * password is of letters, digits, `+` and `/`, as S3's are.
 */
export function startS3(
  { port = 9000, password = "Stor4ge/Secret+ofS3", elsewhere }: ServerOptions & { elsewhere?: Elsewhere } =
    {},
): Promise<Storage> {
  const place = (address: Address, user: string, root: string): Place => ({
    login: { user: `storage:${user}`, password, root },
    parameters: [
      ["type", "s3"],
      ["provider", "Other"],
      ["access_key_id", `storage:${user}`],
      ["secret_access_key", password],
      ["endpoint", `http://${address.host}:${address.port}`],
    ],
    obscured: [],
    path: root,
  });
  return startServer("s3", port, {
    settings: { LOGIN: LOGIN.user, PASSWORD: password },
    elsewhere,
    places: (address) => ({
      writable: place(address, LOGIN.user, "files"),
      readOnly: place(address, `${LOGIN.user}-reader`, "readonly"),
    }),
  });
}
