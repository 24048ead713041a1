import { NESTED, REDIS_IMAGE } from "./test_host.ts";

/** A script that waits until the gateway is ready, and fails where it is not. */
export const ready =
  "for _ in {1..100}; do curl -fsS http://127.0.0.1:4695/readyz >/dev/null 2>&1 && break; sleep 0.2; done; " +
  "curl -fsS http://127.0.0.1:4695/readyz >/dev/null";

/** What a node's Redis holds. */
export type Node = {
  readonly destination: string;
  readonly nodeSecret: string;
  /** of all modules */
  readonly moduleSecret: string;
  readonly resticPassword: string;
  /** module id -> module uuid */
  readonly uuids: Readonly<Record<string, string>>;
};

/** A script that makes a node of a cluster of one: Redis in a container, as a service, with NethServer 8's data. */
export function redisOfNethserver8(
  { destination, nodeSecret, moduleSecret, resticPassword, uuids }: Node,
): string {
  const modules = Object.entries(uuids).map(([module, uuid]) => `
SADD cluster/acls "user module/${module} on #$(hash ${moduleSecret}) resetchannels ~module/${module}/* -@all +@read"
HSET cluster/module_uuid ${module} ${uuid}
HSET cluster/module_node ${module} 1
HSET module/${module}/environment IMAGE_URL ghcr.io/example/${module}:1`);
  return `
cat >/etc/systemd/system/redis.service <<'END'
[Service]
Type=notify
NotifyAccess=all
ExecStart=/usr/bin/podman run --name=redis --replace --rm --detach --sdnotify=conmon --cgroups=split ${NESTED} --network=host \
  --volume=redis-data:/data ${REDIS_IMAGE} redis-server --bind 127.0.0.1 --save 1 1 --aclfile /data/users.acl
ExecStop=/usr/bin/podman stop --ignore redis
Delegate=yes
KillMode=mixed
[Install]
WantedBy=multi-user.target
END
podman volume create redis-data >/dev/null
data=/var/lib/containers/storage/volumes/redis-data/_data
hash() { printf %s "$1" | sha256sum | cut -d' ' -f1; }
echo "user default on nopass ~* &* +@all" >$data/users.acl
echo "user node/1 on #$(hash ${nodeSecret}) ~* &* +@all" >>$data/users.acl
chown -R 999:999 $data
systemctl daemon-reload
systemctl enable --quiet --now redis.service
for _ in {1..50}; do redis-cli ping 2>/dev/null | grep -q PONG && break; sleep 0.1; done
redis-cli >/dev/null <<END
SADD cluster/acls "user node/1 on #$(hash ${nodeSecret}) ~* &* +@all"
${modules.join("").trimStart()}
HSET cluster/environment NODE_ID 1
SET cluster/uuid c1000000-0000-4000-8000-000000000001
SET cluster/network 10.5.4.0/24
HSET node/1/vpn ip_address 10.5.4.1
HSET cluster/backup_repository/${destination} name Local provider cluster url webdav:http://10.5.4.1:4694
HSET private/nodes/backup_destination/rclone_conf ${destination} "[${destination}]\\ntype=local\\n"
HSET private/agents/backup_destination/restic_password ${destination} ${resticPassword}
END`;
}
