import type { Redis } from "../../../../gateway/redis/connection.ts";
import {
  aclLine,
  DOKUWIKI1,
  DOKUWIKI2,
  fillCluster,
  MAIL1,
  NODE1,
  sha256,
  type TestIdentity,
} from "../cluster.ts";
import { storeDestination, storeDisk } from "../destinations.ts";
import { configuration } from "../storage/rclone.ts";
import type { Place } from "../storage/place.ts";

/** The S3 server, which every node reaches by itself. */
export const S3 = "5a1c2d3e-0000-4000-8000-000000000053";
/** The disk of node 2. */
export const DISK2 = "5a1c2d3e-0000-4000-8000-0000000000d2";

export const DOKUWIKI3: TestIdentity = {
  name: "module/dokuwiki3",
  secret: "secret-of-dokuwiki3-Bn6",
  uuid: "d0000003-0000-4000-8000-000000000003",
};
export const MAIL2: TestIdentity = {
  name: "module/mail2",
  secret: "secret-of-mail2-Jx4",
  uuid: "e0000002-0000-4000-8000-000000000002",
};
export const MAIL3: TestIdentity = {
  name: "module/mail3",
  secret: "secret-of-mail3-Fy9",
  uuid: "e0000003-0000-4000-8000-000000000003",
};

/** Node number -> the modules on it: of both app types on each. */
export const MODULES_OF: Readonly<Record<number, readonly TestIdentity[]>> = {
  1: [DOKUWIKI1, MAIL1],
  2: [DOKUWIKI2, MAIL2],
  3: [DOKUWIKI3, MAIL3],
};

/** A node's own credentials. */
export function nodeIdentity(node: number): TestIdentity {
  return node === 1 ? NODE1 : { name: `node/${node}`, secret: `secret-of-node${node}-Ke${node}`, uuid: "" };
}

/** What {@link fillCluster} leaves in Redis, for several nodes; `hosts` are their addresses, node 1's first. */
export async function fillNodes(redis: Redis, hosts: readonly string[], s3: Place): Promise<void> {
  await fillCluster(redis);
  await redis.hSet("cluster/environment", "NODE_ID", "1");
  for (const [index, host] of hosts.entries()) {
    const node = index + 1;
    const { name, secret } = nodeIdentity(node);
    await redis.sAdd("cluster/acls", `user ${name} on #${sha256(secret)} ~* resetchannels &* +@all`);
    await redis.hSet(`node/${node}/vpn`, "ip_address", host);
    for (const module of MODULES_OF[node] ?? []) {
      const id = module.name.slice("module/".length);
      await redis.sAdd("cluster/acls", aclLine(module));
      await redis.hSet("cluster/module_uuid", id, module.uuid);
      await redis.hSet("cluster/module_node", id, String(node));
    }
  }
  await storeDestination(redis, { id: S3, name: "S3", section: await configuration(s3), basepath: s3.path });
  await storeDisk(redis, { id: DISK2, name: "Disk of node 2", host: hosts[1] ?? "" });
  await redis.hSet("private/agents/backup_destination/restic_password", {
    [S3]: "restic-password-Lm7",
    [DISK2]: "restic-password-Lm7",
  });
}
