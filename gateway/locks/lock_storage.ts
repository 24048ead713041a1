import type { RestServer } from "../rclone/rest_server.ts";
import type { LockStorage } from "./locks.ts";

/** Locks where they are stored. `server` is a destination's append-only server, which removes nothing but locks. */
export function lockStorage(
  server: (destination: string) => Promise<RestServer | undefined>,
): LockStorage {
  const at = async (path: string): Promise<{ server: RestServer | undefined; path: string }> => {
    const slash = path.lastIndexOf("/");
    const destination = path.slice(0, path.indexOf("/"));
    return {
      server: await server(destination),
      path: `/${path.slice(0, slash)}/locks/${path.slice(slash + 1)}`,
    };
  };
  return {
    async stored(path) {
      const lock = await at(path);
      const looked = await lock.server?.look(lock.path);
      return looked === undefined || looked.kind === "unknown" ? undefined : looked.kind === "there";
    },
    async remove(path) {
      const lock = await at(path);
      return await lock.server?.remove(lock.path) ?? false;
    },
  };
}
