// slow
/**
 * The gateway on a host of its own, as an operator would have it: installed from the image, with NethServer 8's
 * names in the settings, NethServer 8's data in Redis, and a volume that an older service wrote as root.
 */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import {
  GATEWAY_IMAGE,
  NESTED,
  REDIS_IMAGE,
  type Release,
  RELEASES,
  TestHost,
} from "../images/host/test_host.ts";

const DESTINATION = "0b9c1e1e-6f0a-5d3b-9c57-2f5a3c1d7e10";
const MODULE_UUID = "5c2d9e64-6a33-4b52-8d0f-0d3fd2c0a7aa";
const OTHER_UUID = "7f1f0a0e-1c56-4f0c-9d55-6d6d6f5b3c21";
const NODE_SECRET = "node-secret-7d1b";
const MODULE_SECRET = "module-secret-93c4";
const RESTIC_PASSWORD = "restic-password-51ee";
const STATE = "systemctl show rclone-gateway --property=ActiveState,Result,ExecMainStatus,NRestarts";

const hosts: readonly { release: Release; install: string; unit: string }[] = [
  { release: "debian12", install: "", unit: "/etc/systemd/system/rclone-gateway.service" },
  { release: "debian13", install: "--quadlet", unit: "/run/systemd/generator/rclone-gateway.service" },
];

for (const { release, install, unit } of hosts) {
  Deno.test(`on_${release}_${install === "" ? "a_unit" : "a_quadlet"}_takes_over_from_nethserver_8`, async (t) => {
    await using host = await TestHost.start(release);
    const claim = (name: string, body: () => Promise<void>) =>
      t.step(name, async () => {
        try {
          await body();
        } catch (error) {
          console.error(
            await host.run("journalctl --boot --unit=rclone-gateway --output=cat | grep -v UTC | tail -n 60"),
          );
          throw error;
        }
      });
    await host.run(nethserver8());

    await claim("installs_from_the_image_alone", async () => {
      const said = await host.run(`${installer("install")} --image ${GATEWAY_IMAGE} ${install}`);
      match(said, /Not started, because \/etc\/rclone-gateway\/gateway.env has no value for: REDIS_USER/);
      equal(await host.run("stat -c '%a %U' /etc/rclone-gateway/gateway.env"), "600 root");
      // The predecessor is out of the way, and its name is free for the alias.
      equal(await host.run("systemctl is-active sleeping-predecessor.service || :"), "inactive");
      await host.run("test -f /etc/systemd/system/rclone-webdav.service.replaced");
    });

    await claim("starts_with_nethserver_8s_names_and_keeps_the_settings", async () => {
      await host.run(settings);
      const before = await host.run("sha256sum /etc/rclone-gateway/gateway.env");
      match(await host.run(`${installer("install")} ${install}`), /rclone-gateway.service is running/);
      equal(await host.run("sha256sum /etc/rclone-gateway/gateway.env"), before);
      equal(await host.run("systemctl show rclone-gateway --property=FragmentPath --value"), unit);
      equal(await host.run("systemctl is-active rclone-gateway rclone-webdav"), "active\nactive");
      await host.run(ready);
    });

    await claim("confines_the_container", async () => {
      const [container] = JSON.parse(await host.run("podman inspect rclone-gateway"));
      equal(container.HostConfig.ReadonlyRootfs, true);
      equal(container.HostConfig.NetworkMode, "host");
      equal(container.Config.StopTimeout, 120);
      deepEqual(container.EffectiveCaps ?? [], []);
      match(
        await host.run("cat /proc/$(podman inspect --format {{.State.Pid}} rclone-gateway)/status"),
        /^Uid:\t4694\t4694.*^CapBnd:\t0+$.*^NoNewPrivs:\t1$/ms,
      );
    });

    await claim("gives_podman_more_arguments_where_host_env_has_them", async () => {
      await host.run(
        "echo 'RCLONE_GATEWAY_ARGS=--label=one=1 --volume=/etc/hostname:/tls/tls.pem:ro' >>/etc/rclone-gateway/host.env; " +
          "systemctl restart rclone-gateway",
      );
      await host.run(ready);
      const [{ Config, Mounts }] = JSON.parse(await host.run("podman inspect rclone-gateway"));
      equal(Config.Labels.one, "1");
      ok(Mounts.some(({ Destination }: { Destination: string }) => Destination === "/tls/tls.pem"));
    });

    await claim("backs_up_into_a_volume_that_belonged_to_root", async () => {
      equal(await host.run(`${restic("init")} >/dev/null; ${backup}; ${snapshots}`), "1");
      const owners = "find /var/lib/containers/storage/volumes/rclone-webdav/_data -printf '%u\\n' | sort -u";
      equal(await host.run(owners), "4694");
      equal(await host.run("cat /var/lib/containers/storage/volumes/rclone-webdav/_data/old/file"), "old");
    });

    await claim("the_operators_command_tries_destinations_with_the_images_rclone", async () => {
      const described = "--provider rclone --rclone-conf-file - --basepath /tmp/destination --trust-commands";
      match(
        await host.run(
          `mkdir /tmp/destination; printf '[x]\\ntype = local\\n' | rclonegwctl destination validate ${described}; ls -A /tmp/destination`,
        ),
        /^list, write and delete worked on node [0-9]+: rclone:local::tmp\/destination$/,
      );
    });

    await claim("the_operators_command_reads_the_same_settings_literally", async () => {
      match(await host.run("rclonegwctl status"), new RegExp(DESTINATION));
      match(await host.run("rclonegwctl rclone -- listremotes"), new RegExp(`${DESTINATION}:\ncombined:`));
      await host.run(`cat >/tmp/odd.env <<'END'
  # a comment
NODE_ID=1
REDIS_USER=node/1
REDIS_PASSWORD="$(touch /tmp/evaluated)'
  REDIS_ADDRESS=$(touch /tmp/evaluated) \`x\` "
END
`);
      const said = await host.run("RCLONE_GATEWAY_ENV_FILE=/tmp/odd.env rclonegwctl grant list 2>&1 || :");
      ok(said.includes(JSON.stringify('$(touch /tmp/evaluated) `x` "')), said);
      // What the environment says already goes before the file.
      const other = await host.run("REDIS_ADDRESS=nonsense rclonegwctl grant list 2>&1 || :");
      match(other, /REDIS_ADDRESS must be host:port: it is "nonsense"/);
      await host.run("test ! -e /tmp/evaluated");
    });

    await claim("the_commands_for_backups_are_there_with_the_same_settings", async () => {
      match(
        await host.run("module-backup 7 --module dokuwiki1 2>&1 || echo $?"),
        /there is no backup 7\n.*module\/dokuwiki1 has no folder on this node.*\n2$/s,
      );
    });

    await claim("no_process_list_shows_a_secret", async () => {
      const secrets = [NODE_SECRET, RESTIC_PASSWORD].map((secret) => `-e '[${secret[0]}]${secret.slice(1)}'`)
        .join(" ");
      equal(
        await host.run(`cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -c ${secrets} || :`),
        "0",
      );
    });

    await claim("stops_in_order_and_lets_a_transfer_finish", async () => {
      await host.run(slowUpload("stop"));
      await host.run("systemctl stop rclone-webdav.service");
      equal(await host.run("cat /var/tmp/upload-stop"), "200");
      match(await host.run(STATE), /^Result=success\nNRestarts=0\nExecMainStatus=0\nActiveState=inactive$/m);
      await host.run(`systemctl start rclone-webdav.service; ${ready}`);
    });

    await claim("comes_back_by_itself_after_a_reboot", async () => {
      await host.run(slowUpload("reboot"));
      await host.reboot();
      await host.run(ready);
      // Not even a shutdown cut it.
      equal(await host.run("cat /var/tmp/upload-reboot"), "200");
      equal(await host.run(`${backup}; ${snapshots}`), "2");
      match(await host.run(`${restic("check --read-data")} 2>&1`), /no errors were found/);
      await host.run(
        `${restic("restore latest --target /tmp/back")} >/dev/null; diff -r /tmp/tree /tmp/back/tmp/tree`,
      );
    });

    await claim("is_started_again_when_it_is_killed", async () => {
      await host.run(`podman kill rclone-gateway >/dev/null; sleep 4; ${ready}`);
      match(await host.run(STATE), /^NRestarts=1$/m);
    });

    await claim("wrong_settings_are_told_once", async () => {
      await host.run(
        "sed -i.right '/^NODE_ID=/d' /etc/rclone-gateway/gateway.env; systemctl restart rclone-gateway || :; sleep 7",
      );
      match(await host.run(STATE), /^Result=exit-code\nNRestarts=0\nExecMainStatus=2\nActiveState=failed$/m);
      const told = await host.run(
        "journalctl --boot --unit=rclone-gateway --output=cat | grep -c 'NODE_ID is required'",
      );
      equal(told, "1");
      await host.run(
        "mv /etc/rclone-gateway/gateway.env.right /etc/rclone-gateway/gateway.env; chmod 600 /etc/rclone-gateway/gateway.env",
      );
    });

    await claim("the_image_serves_with_an_environment_file_alone", async () => {
      await host.run(
        `podman run --detach --name=alone ${NESTED} --network=host --env-file=/etc/rclone-gateway/gateway.env ${GATEWAY_IMAGE} >/dev/null; ${ready}`,
      );
      equal(await host.run(`${restic("init")} >/dev/null; ${backup}; ${snapshots}`), "1");
      await host.run("podman stop --time=120 alone >/dev/null");
      equal(
        await host.run(
          "podman inspect --format={{.State.ExitCode}} alone; podman rm --volumes alone >/dev/null",
        ),
        "0",
      );
    });

    if (install === "--quadlet") {
      await claim("the_unit_takes_the_place_of_the_quadlet", async () => {
        match(await host.run(`${installer("install")}`), /rclone-gateway.service is running/);
        equal(
          await host.run(
            "systemctl show rclone-gateway --property=FragmentPath --value; systemctl is-active rclone-webdav",
          ),
          "/etc/systemd/system/rclone-gateway.service\nactive",
        );
        equal(await host.run(`${ready}; ${snapshots}`), "2");
      });
    }

    await claim("uninstalls_and_leaves_the_data", async () => {
      await host.run("systemctl start rclone-gateway");
      await host.run(installer("uninstall"));
      equal(await host.run("systemctl is-active rclone-gateway || :"), "inactive");
      await host.run("test ! -e /usr/local/bin/rclonegwctl -a ! -e /usr/local/lib/rclone-gateway");
      equal(await host.run("ls /usr/local/bin/*-backup 2>/dev/null || :"), "");
      await host.run(
        "test -f /etc/rclone-gateway/gateway.env -a -f /etc/systemd/system/rclone-webdav.service",
      );
      equal(
        await host.run(
          "podman volume exists rclone-webdav && podman ps --quiet --filter name=rclone-gateway",
        ),
        "",
      );
    });
  });
}

Deno.test("every_release_is_tried", () => {
  deepEqual(hosts.map(({ release }) => release), RELEASES);
});

/** One of the scripts in the image, without a checkout. */
function installer(script: string): string {
  return `podman run --rm ${NESTED} --network=none --entrypoint=cat ${GATEWAY_IMAGE} /opt/rclone-gateway/scripts/${script} | bash -s --`;
}

const ready =
  `for _ in {1..100}; do curl -fsS http://127.0.0.1:4695/readyz >/dev/null 2>&1 && break; sleep 0.2; done
  curl -fsS http://127.0.0.1:4695/readyz >/dev/null
  test "$(curl -sS -o /dev/null -w '%{http_code}' http://10.5.4.1:4694/)" = 401`;

const settings = `cd /etc/rclone-gateway
  sed -i -e 's|^REDIS_USER=.*|REDIS_USER=node/1|' -e 's|^REDIS_PASSWORD=.*|REDIS_PASSWORD=${NODE_SECRET}|' gateway.env`;

/** As module/dokuwiki1, over the cluster network. 0.14 repeats what is refused for minutes: so it has a limit. */
function restic(command: string): string {
  return `RESTIC_PASSWORD=${RESTIC_PASSWORD} timeout 100 restic --no-cache ` +
    `--repo rest:http://module%2Fdokuwiki1:${MODULE_SECRET}@10.5.4.1:4694/${DESTINATION}/dokuwiki/${MODULE_UUID}/ ${command}`;
}
const backup =
  `mkdir -p /tmp/tree; cp -r /usr/share/bash-completion /usr/lib/python3/dist-packages /tmp/tree/; date +%N >/tmp/tree/now
  ${restic("backup /tmp/tree")} >/dev/null`;
const snapshots = `${restic("snapshots --json")} | grep -o '"short_id"' | wc -l`;

/**
 * Begins an upload of some seconds that leaves its status in a file. As a unit that no shutdown stops: it lasts as
 * long as the gateway lets it.
 */
function slowUpload(name: string): string {
  const object = `/tmp/object-${name}`;
  return `head -c 4000000 /dev/urandom >${object}
    systemd-run --quiet --unit=upload-${name} --property=DefaultDependencies=no bash -c "curl -sS --limit-rate 1M -o /dev/null \
      -w '%{http_code}' -u module/dokuwiki2:${MODULE_SECRET} -H 'Accept: application/vnd.x.restic.rest.v2' \
      -H 'Content-Type: application/octet-stream' --data-binary @${object} \
      http://127.0.0.1:4694/${DESTINATION}/dokuwiki/${OTHER_UUID}/data/$(sha256sum ${object} | cut -d' ' -f1) >/var/tmp/upload-${name}"
    sleep 1`;
}

/** A node as NethServer 8 leaves it: Redis in a container, its data, a volume of root's, and the service of before. */
function nethserver8(): string {
  return `
cat >/etc/systemd/system/redis.service <<'END'
[Service]
Type=notify
NotifyAccess=all
ExecStart=/usr/bin/podman run --name=redis --replace --rm --detach --sdnotify=conmon --cgroups=split ${NESTED} --network=host \
  --volume=redis-data:/data ${REDIS_IMAGE} redis-server --bind 127.0.0.1 --save 5 1 --aclfile /data/users.acl
ExecStop=/usr/bin/podman stop --ignore redis
Delegate=yes
KillMode=mixed
[Install]
WantedBy=multi-user.target
END
cat >/etc/systemd/system/sleeping-predecessor.service <<'END'
[Service]
ExecStart=/usr/bin/sleep infinity
END
cat >/etc/systemd/system/rclone-webdav.service <<'END'
[Unit]
BindsTo=sleeping-predecessor.service
[Service]
ExecStart=/usr/bin/sleep infinity
ExecStopPost=/usr/bin/systemctl --no-block stop sleeping-predecessor.service
[Install]
WantedBy=default.target
END
podman volume create redis-data >/dev/null
data=/var/lib/containers/storage/volumes/redis-data/_data
hash() { printf %s "$1" | sha256sum | cut -d' ' -f1; }
echo "user default on nopass ~* &* +@all" >$data/users.acl
echo "user node/1 on #$(hash ${NODE_SECRET}) ~* &* +@all" >>$data/users.acl
chown -R 999:999 $data
systemctl daemon-reload
systemctl enable --quiet --now redis.service rclone-webdav.service
for _ in {1..50}; do redis-cli ping 2>/dev/null | grep -q PONG && break; sleep 0.1; done
redis-cli >/dev/null <<END
SADD cluster/acls "user default on nopass ~* &* +@all" "user node/1 on #$(hash ${NODE_SECRET}) ~* &* +@all"
SADD cluster/acls "user module/dokuwiki1 on #$(hash ${MODULE_SECRET}) resetchannels ~module/dokuwiki1/* -@all +@read"
SADD cluster/acls "user module/dokuwiki2 on #$(hash ${MODULE_SECRET}) resetchannels ~module/dokuwiki2/* -@all +@read"
HSET cluster/module_uuid dokuwiki1 ${MODULE_UUID} dokuwiki2 ${OTHER_UUID}
HSET cluster/module_node dokuwiki1 1 dokuwiki2 1
HSET cluster/environment NODE_ID 1
SET cluster/network 10.5.4.0/24
HSET node/1/vpn ip_address 10.5.4.1
HSET cluster/backup_repository/${DESTINATION} name Local provider cluster url webdav:http://10.5.4.1:4694
HSET private/nodes/backup_destination/rclone_conf ${DESTINATION} "[${DESTINATION}]\\ntype=local\\n"
HSET private/agents/backup_destination/restic_password ${DESTINATION} ${RESTIC_PASSWORD}
END
test "$(redis-cli hget private/nodes/backup_destination/rclone_conf ${DESTINATION} | head -n 2 | tail -n 1)" = type=local
# Used before, by root: Podman gives a volume to a container's user at its first use only.
podman run --rm ${NESTED} --network=none --volume=rclone-webdav:/srv/repo --entrypoint=sh ${REDIS_IMAGE} -euc \\
  'chmod 755 /srv/repo; mkdir -m 0700 /srv/repo/old; echo old >/srv/repo/old/file'
test "$(stat -c %U /var/lib/containers/storage/volumes/rclone-webdav/_data)" = root`;
}
