// slow
/** compose.yaml with each release's own podman-compose, on a host of its own: bridges and firewall rules stay in there. */
import { equal, match } from "node:assert/strict";
import { GATEWAY_IMAGE, NESTED, REDIS_IMAGE, RELEASES, TestHost } from "../images/host/test_host.ts";

const DESTINATION = "2d4c1a6e-3b7f-5e12-a0b5-90c1f2d3e4f5";
const MODULE_UUID = "c1a9e6b2-8e0d-4d7c-b1f4-6a5e4d3c2b1a";
const SECRET = "module-secret-1f07";
/** podman-compose 1.3 would put the containers into a pod, whose cgroup cannot be made in these nested ones. */
const OPTIONS = `${
  NESTED === "" ? "" : `--podman-run-args=${NESTED}`
} $(podman-compose --help | grep -q in-pod && echo --in-pod=false || :)`;
const compose = (command: string) =>
  `cd /srv/gw; export REDIS_IMAGE=${REDIS_IMAGE} GATEWAY_IMAGE=${GATEWAY_IMAGE}; timeout 100 podman-compose ${OPTIONS} ${command}`;
const answer = (url: string) => `curl -sS -o /dev/null -w '%{http_code}' ${url}`;
const served = `for _ in {1..100}; do [ "$(${
  answer("http://127.0.0.1:4694/")
} 2>/dev/null)" != 401 ] || break; sleep 0.2; done
  test "$(${answer("http://127.0.0.1:4694/")})" = 401`;
const restic = (command: string) =>
  `RESTIC_PASSWORD=x timeout 60 restic --no-cache --repo rest:http://module%2Fdokuwiki1:${SECRET}@127.0.0.1:4694/${DESTINATION}/dokuwiki/${MODULE_UUID}/ ${command}`;
/** Redis publishes no port: it is asked on the bridge. */
const redis =
  `redis-cli -h "$(podman inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' gw_redis_1)"`;

for (const release of RELEASES) {
  Deno.test(`compose_serves_on_${release}`, async (t) => {
    await using host = await TestHost.start(release, ["compose.yaml"]);
    await host.run("mkdir /srv/gw; cp /mnt/compose.yaml /srv/gw/");

    await t.step("says_what_is_missing", async () => {
      match(await host.run(`${compose("up -d")} 2>&1 || :`), /GATEWAY_REDIS_PASSWORD is not set/);
      await host.run(
        `echo "GATEWAY_REDIS_PASSWORD=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \\n')" >/srv/gw/.env`,
      );
      match(
        await host.run(`${compose("up -d")} 2>&1 || :`),
        /External network \[rclone-gateway\] does not exist/,
      );
      equal(await host.run("podman ps --all --quiet"), "");
    });

    await t.step("answers_on_loopback_and_asks_for_credentials", async () => {
      await host.run(
        `podman network create --subnet 10.46.94.0/24 rclone-gateway; ${compose("up -d")} 2>&1; ${served}`,
      );
      const ports = await host.run(
        "podman ps --format '{{.Names}} {{.Ports}}' | grep -v ' *6379/tcp$' | sort",
      );
      equal(
        ports.split("\n").filter((line) => line.includes("->")).join(),
        "gw_gateway_1 127.0.0.1:4694->4694/tcp",
      );
    });

    await t.step("redis_asks_for_the_password_and_no_process_list_shows_it", async () => {
      match(await host.run(`${redis} ping 2>&1`), /NOAUTH/);
      const password = `$(sed 's/^[^=]*=//' /srv/gw/.env)`;
      equal(
        await host.run(
          `cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' >/tmp/all; grep -c -e "${password}" /tmp/all || :`,
        ),
        "0",
      );
      equal(await host.run(`REDISCLI_AUTH=${password} ${redis} ping`), "PONG");
    });

    await t.step("health_stays_inside", async () => {
      const address =
        `$(podman inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' gw_gateway_1)`;
      equal(
        await host.run(
          `${answer(`http://${address}:4694/`)}; ${
            answer(`http://${address}:4695/healthz`)
          } 2>/dev/null || :`,
        ),
        "401000",
      );
    });

    await t.step("data_survives_down_and_up", async () => {
      await host.run(`export REDISCLI_AUTH=$(sed 's/^[^=]*=//' /srv/gw/.env)
${redis} >/dev/null <<END
SADD cluster/acls "user module/dokuwiki1 on #$(printf %s ${SECRET} | sha256sum | cut -d' ' -f1) -@all"
HSET cluster/module_uuid dokuwiki1 ${MODULE_UUID}
HSET cluster/backup_repository/${DESTINATION} name Local provider cluster url webdav:http://127.0.0.1:4694
HSET private/nodes/backup_destination/rclone_conf ${DESTINATION} "[${DESTINATION}]\\ntype=local\\n"
PUBLISH cluster/event/backup-destination-changed "{\\"destination_ids\\":[\\"${DESTINATION}\\"]}"
END
sleep 2
${restic("init")} >/dev/null; ${restic("backup /etc")} >/dev/null`);
      await host.run(`${compose("down -t 120")} 2>&1`);
      equal(await host.run("podman ps --all --quiet"), "");
      await host.run(`${compose("up -d")} 2>&1; ${served}; sleep 1`);
      equal(await host.run(`${restic("snapshots --json")} | grep -o '"short_id"' | wc -l`), "1");
      match(await host.run(`${restic("check --read-data")} 2>&1`), /no errors were found/);
    });
  });
}
