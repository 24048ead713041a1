import type { Redis } from "../../gateway/redis/connection.ts";
import { aclLine, type TestIdentity } from "../integration/harness/cluster.ts";

const AT_ONCE = 5000;

/** Makes modules known to the cluster that never ask for anything, and returns what forgets them again. */
export async function addModules(redis: Redis, count: number): Promise<() => Promise<void>> {
  const modules = Array.from({ length: count }, (_, index): TestIdentity => ({
    name: `module/idle${index + 1}`,
    secret: `secret-of-idle${index + 1}`,
    uuid: `f0000000-0000-4000-8000-${index.toString(16).padStart(12, "0")}`,
  }));
  const idOf = ({ name }: TestIdentity): string => name.slice("module/".length);
  const chunks = Array.from(
    { length: Math.ceil(count / AT_ONCE) },
    (_, chunk) => modules.slice(chunk * AT_ONCE, (chunk + 1) * AT_ONCE),
  );
  for (const chunk of chunks) {
    await redis.sAdd("cluster/acls", chunk.map(aclLine));
    await redis.hSet("cluster/module_uuid", Object.fromEntries(chunk.map((one) => [idOf(one), one.uuid])));
    await redis.hSet("cluster/module_node", Object.fromEntries(chunk.map((one) => [idOf(one), "1"])));
  }
  return async () => {
    for (const chunk of chunks) {
      await redis.sRem("cluster/acls", chunk.map(aclLine));
      await redis.hDel("cluster/module_uuid", chunk.map(idOf));
      await redis.hDel("cluster/module_node", chunk.map(idOf));
    }
  };
}

/** Makes destinations known: folders of a WebDAV server on this host. Returns their uuids and what forgets them again. */
export async function addDestinations(
  redis: Redis,
  count: number,
  server: string,
): Promise<{ ids: string[]; forget: () => Promise<void> }> {
  const CONF = "private/nodes/backup_destination/rclone_conf";
  const ids = Array.from(
    { length: count },
    (_, index) => `5a1c2d3e-0000-4000-8000-1${index.toString(16).padStart(11, "0")}`,
  );
  const announce = () =>
    redis.publish("cluster/event/backup-destination-changed", JSON.stringify({ destination_ids: ids }));
  for (const id of ids) {
    await redis.hSet(`cluster/backup_repository/${id}`, {
      name: id,
      provider: "rclone",
      url: "rclone:",
      basepath: id,
    });
    await redis.hSet(CONF, id, `[${id}]\ntype=webdav\nurl=${server}\nvendor=rclone\n`);
  }
  await announce();
  return {
    ids,
    forget: async () => {
      await redis.hDel(CONF, ids);
      await redis.del(ids.map((id) => `cluster/backup_repository/${id}`));
      await announce();
    },
  };
}

/** Makes nodes known that nobody starts: in a network of their own, 10.6.0.0/16, which this host does not reach. */
export async function addNodes(redis: Redis, count: number): Promise<void> {
  const nodes = Array.from({ length: count }, (_, index) => index + 2);
  await redis.set("cluster/network", "10.4.0.0/14");
  await redis.sAdd(
    "cluster/acls",
    nodes.map((node) => aclLine({ name: `node/${node}`, secret: `secret-of-node${node}`, uuid: "" })),
  );
  await Promise.all(
    nodes.map((node) => redis.hSet(`node/${node}/vpn`, "ip_address", `10.6.${node >> 8}.${node & 255}`)),
  );
}
