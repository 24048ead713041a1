import type { Redis } from "../../../gateway/redis/connection.ts";

/** A destination of the raw rclone kind: a section of rclone.conf, and the path on that remote. */
export type RawDestination = {
  readonly id: string;
  readonly name: string;
  readonly section: string;
  readonly basepath: string;
};

/** Adds a destination, or alters it, as NethServer 8 leaves it in Redis. Nobody is told: see {@link announce}. */
export async function storeDestination(redis: Redis, destination: RawDestination): Promise<void> {
  const { id, name, section, basepath } = destination;
  await redis.multi()
    .hSet(`cluster/backup_repository/${id}`, { name, provider: "rclone", basepath })
    .hSet("private/nodes/backup_destination/rclone_conf", id, section)
    .exec();
}

/** A node's disk as a destination, as NethServer 8 leaves it in Redis; `host` is the node's address. */
export async function storeDisk(
  redis: Redis,
  { id, name, host }: { readonly id: string; readonly name: string; readonly host: string },
): Promise<void> {
  await redis.hSet(`cluster/backup_repository/${id}`, {
    name,
    provider: "cluster",
    url: `webdav:http://${host}:4694`,
    basepath: "",
  });
  await redis.hSet("private/nodes/backup_destination/rclone_conf", id, `[${id}]\ntype=local\n`);
}

/** Removes it. Nobody is told. */
export async function removeDestination(redis: Redis, id: string): Promise<void> {
  await redis.multi()
    .del(`cluster/backup_repository/${id}`)
    .hDel("private/nodes/backup_destination/rclone_conf", id)
    .exec();
}

/** Publishes the event that these destinations have changed. */
export async function announce(redis: Redis, ...ids: string[]): Promise<void> {
  await redis.publish(
    "cluster/event/backup-destination-changed",
    JSON.stringify({ destination_ids: ids }),
  );
}
