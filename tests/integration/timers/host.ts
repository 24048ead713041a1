/** What timers_test.ts puts on its host, as scripts that run there. */
import { NESTED, REDIS_IMAGE } from "../../images/host/test_host.ts";

export const DESTINATION = "0b9c1e1e-6f0a-5d3b-9c57-2f5a3c1d7e10";
export const NODE_SECRET = "node-secret-7d1b";

/** Waits until the gateway is ready. */
export const ready =
  "for _ in {1..100}; do curl -fsS http://127.0.0.1:4695/readyz >/dev/null 2>&1 && break; sleep 0.2; done; curl -fsS http://127.0.0.1:4695/readyz >/dev/null";

/** In the place of run-backup: a line for each run, and a status as the real one leaves it. */
export function standIn(code: number, seconds = 0): string {
  const steps = code === 0
    ? '{"backup":{"kind":"done"},"manifest":{"kind":"done"}}'
    : '{"backup":{"kind":"failed","because":"no space"}}';
  return `cat >/usr/local/bin/run-backup.new <<'END'
#!/bin/bash
echo "$* $(date +%s)" >>/var/tmp/ran
sleep ${seconds}
redis-cli hset node/1/backup_status/1 dokuwiki1 "{\\"start\\":$(date +%s),\\"end\\":$(date +%s),\\"added\\":$(date +%s%N),\\"errors\\":${code},\\"steps\\":${
    steps.replaceAll('"', '\\"')
  }}" >/dev/null
exit ${code}
END
chmod 0755 /usr/local/bin/run-backup.new; mv -f /usr/local/bin/run-backup.new /usr/local/bin/run-backup`;
}

/** A node with its Redis and a module, as NethServer 8 has them. */
export function cluster(): string {
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
echo "user node/1 on #$(hash ${NODE_SECRET}) ~* &* +@all" >>$data/users.acl
chown -R 999:999 $data
systemctl daemon-reload
systemctl enable --quiet --now redis.service
for _ in {1..50}; do redis-cli ping 2>/dev/null | grep -q PONG && break; sleep 0.1; done
redis-cli >/dev/null <<END
SADD cluster/acls "user node/1 on #$(hash ${NODE_SECRET}) ~* &* +@all"
HSET cluster/module_uuid dokuwiki1 5c2d9e64-6a33-4b52-8d0f-0d3fd2c0a7aa
HSET cluster/module_node dokuwiki1 1
HSET cluster/environment NODE_ID 1
SET cluster/network 10.5.4.0/24
HSET node/1/vpn ip_address 10.5.4.1
HSET cluster/backup_repository/${DESTINATION} name Local provider cluster url webdav:http://10.5.4.1:4694
HSET private/nodes/backup_destination/rclone_conf ${DESTINATION} "[${DESTINATION}]\\ntype=local\\n"
END`;
}
