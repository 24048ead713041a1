import { createHash } from "node:crypto";
import type { Redis } from "../../../gateway/redis/connection.ts";
import { storeDisk } from "./destinations.ts";

export const DESTINATION = "5a1c2d3e-0000-4000-8000-000000000001";

/** A module with its secret, as somebody else's Redis data would have it. */
export type TestIdentity = { readonly name: string; readonly secret: string; readonly uuid: string };

export const DOKUWIKI1: TestIdentity = {
  name: "module/dokuwiki1",
  secret: "secret-of-dokuwiki1-Zk3",
  uuid: "d0000001-0000-4000-8000-000000000001",
};
export const DOKUWIKI2: TestIdentity = {
  name: "module/dokuwiki2",
  secret: "secret-of-dokuwiki2-Qp8",
  uuid: "d0000002-0000-4000-8000-000000000002",
};
export const MAIL1: TestIdentity = {
  name: "module/mail1",
  secret: "secret-of-mail1-Wv5",
  uuid: "e0000001-0000-4000-8000-000000000001",
};
export const NODE1: TestIdentity = { name: "node/1", secret: "secret-of-node1-Tr2", uuid: "" };

/** A node, three modules and this node's disk as a destination, in Redis exactly as NethServer 8 leaves it there. */
export async function fillCluster(redis: Redis): Promise<void> {
  await redis.sAdd("cluster/acls", [
    `user ${NODE1.name} on #${sha256(NODE1.secret)} ~* resetchannels &* +@all`,
    ...[DOKUWIKI1, DOKUWIKI2, MAIL1].map(aclLine),
  ]);
  for (const { name, uuid } of [DOKUWIKI1, DOKUWIKI2, MAIL1]) {
    await redis.hSet("cluster/module_uuid", name.slice("module/".length), uuid);
    await redis.hSet("cluster/module_node", name.slice("module/".length), "1");
  }
  await redis.hSet("node/1/vpn", "ip_address", "10.5.4.1");
  await redis.set("cluster/network", "10.5.4.0/24");
  await storeDisk(redis, { id: DESTINATION, name: "Local disk", host: "10.5.4.1" });
  await redis.hSet("private/agents/backup_destination/restic_password", DESTINATION, "restic-password-Lm7");
}

export function aclLine({ name, secret }: TestIdentity): string {
  return `user ${name} on #${sha256(secret)} ~cluster/* resetchannels -@all +@read`;
}

export function sha256(text: string | Uint8Array): string {
  return createHash("sha256").update(text).digest("hex");
}

/** The value of an `Authorization` header. */
export function basic({ name, secret }: { name: string; secret: string }): string {
  return `Basic ${btoa(`${name}:${secret}`)}`;
}

/** The URL of a module's repository, at the gateway on `host`. */
export function repositoryUrl(owner: TestIdentity, destination = DESTINATION, host = "127.0.0.1"): string {
  const appType = owner.name.slice("module/".length).replace(/[0-9]+$/, "");
  return `http://${host}:4694/${destination}/${appType}/${owner.uuid}`;
}
