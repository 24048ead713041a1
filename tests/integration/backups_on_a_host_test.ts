// slow
/**
 * Backups as a node has them: installed as an operator would, run by systemd's timers, restored into another module. Nothing
 * stands in for anything: systemd, Podman, Redis, the gateway, restic.
 */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { GATEWAY_IMAGE, NESTED, TestHost } from "../images/host/test_host.ts";
import { ready, redisOfNethserver8 } from "../images/host/nethserver8_node.ts";
import { eventually } from "./harness/eventually.ts";
import { IMAGES, podman } from "./harness/podman.ts";

const DESTINATION = "0b9c1e1e-6f0a-5d3b-9c57-2f5a3c1d7e10";
const UUIDS = {
  dokuwiki1: "5c2d9e64-6a33-4b52-8d0f-0d3fd2c0a7aa",
  dokuwiki2: "7f1f0a0e-1c56-4f0c-9d55-6d6d6f5b3c21",
} as const;
type Module = keyof typeof UUIDS;
const REPOSITORY = "/var/lib/containers/storage/volumes/rclone-webdav/_data/dokuwiki";
const METRICS = "/var/lib/rclone-gateway/node_exporter/backup1.prom";

Deno.test("a_node_backs_its_modules_up_by_itself_and_gets_them_back", async (t) => {
  Deno.env.set("RCLONE_GATEWAY_IMAGE", IMAGES.gateway);
  Deno.env.set("RCLONE_GATEWAY_REDIS_IMAGE", IMAGES.redis);
  const restic = await Deno.makeTempFile({ prefix: "rclone-gateway-restic-", suffix: ".tar" });
  await podman("save", "--quiet", "--output", restic, IMAGES.restic);
  await using host = await TestHost.start("debian13", [restic]).finally(() => Deno.remove(restic));
  const claim = (name: string, body: () => Promise<void>) =>
    t.step(name, async () => {
      try {
        await body();
      } catch (error) {
        console.error(
          await host.run(
            "journalctl --boot --unit=backup-timers --unit='run-backup@*' --output=cat | tail -n 80; " +
              `systemctl list-timers --all 'backup*'; cat ${METRICS} || :`,
          ),
        );
        throw error;
      }
    });
  const status = async (): Promise<
    { start: number; end: number; errors: number; steps: Record<string, { kind: string }> }
  > => JSON.parse(await host.run("redis-cli hget node/1/backup_status/1 dokuwiki1") || "{}");
  /** Waits for the end of a run that began after this moment. */
  const runs = async (): Promise<void> => {
    const since = Math.floor(Date.now() / 1000);
    await eventually("a run is over", async () => (await status()).start > since, 120_000);
  };
  const kept = async (): Promise<{ id: string; recorded: unknown }[]> =>
    JSON.parse(await host.run("rclonegwctl snapshots --module dokuwiki1 --json"));

  await host.run(redisOfNethserver8({
    destination: DESTINATION,
    nodeSecret: "node-secret-7d1b",
    moduleSecret: "module-secret-93c4",
    resticPassword: "restic-password-51ee",
    uuids: UUIDS,
  }));
  await host.run(nestedPodman(restic.split("/").at(-1) ?? ""));
  await host.run(
    `podman run --rm ${NESTED} --network=none --entrypoint=cat ${GATEWAY_IMAGE} /opt/rclone-gateway/scripts/install >/root/install
    bash /root/install --no-start
    sed -i -e 's|^REDIS_USER=.*|REDIS_USER=node/1|' -e 's|^REDIS_PASSWORD=.*|REDIS_PASSWORD=node-secret-7d1b|' /etc/rclone-gateway/gateway.env
    bash /root/install; ${ready}`,
  );
  for (const module of ["dokuwiki1", "dokuwiki2"] as const) await host.run(installed(module));
  await host.run(
    "cd /var/lib/nethserver/dokuwiki1/state; mkdir data; seq 100000 >data/numbers; head -c 3000000 /dev/urandom >data/random; " +
      "cp -r /usr/share/bash-completion /var/lib/containers/storage/volumes/dokuwiki1-pages/_data/",
  );

  await claim("a_backup_that_is_added_runs_by_its_schedule", async () => {
    await host.run(
      `rclonegwctl backup add --destination ${DESTINATION} --schedule '*:*:0/20' --retention 2 --modules dokuwiki1 --name 'Every night'`,
    );
    await runs();
    const { errors, steps } = await status();
    deepEqual([errors, steps["backup"]], [0, { kind: "done" }], JSON.stringify(steps));
  });

  await claim("what_it_leaves_behind_is_right", async () => {
    const manifest = JSON.parse(await host.run(`cat ${REPOSITORY}/${UUIDS.dokuwiki1}.json`));
    deepEqual([manifest.module_id, manifest.uuid, manifest.success], ["dokuwiki1", UUIDS.dokuwiki1, true]);
    const metrics = await host.run(`cat ${METRICS}`);
    match(metrics, /^node_backup_status\{id="1",name="Every night"\} 1$/m);
    match(metrics, /^node_backup_module_snapshot_timestamp_seconds\{.*module="dokuwiki1"\} [1-9][0-9]{9}$/m);
    ok((await kept()).every(({ recorded }) => recorded), "a snapshot is not recorded");
    match(await host.run("rclonegwctl backup list"), /dokuwiki1/);
  });

  await claim("a_reboot_leaves_the_timer_and_it_fires", async () => {
    await host.reboot();
    await host.run(ready);
    equal(
      await host.run("systemctl list-units --all --plain --no-legend 'backup*.timer' | cut -d' ' -f1"),
      "backup1.timer",
    );
    await runs();
    equal((await status()).errors, 0);
  });

  await claim("a_run_that_is_killed_is_made_up_for_by_the_next_one", async () => {
    await host.run(
      "rclonegwctl backup alter 1 --schedule yearly >/dev/null; systemctl stop run-backup@1; " +
        "head -c 300000000 /dev/urandom >/var/lib/nethserver/dokuwiki1/state/data/large",
    );
    await host.run(
      `systemctl start --no-block run-backup@1
      for _ in {1..300}; do podman ps --quiet --filter name=rclone-gateway-backup-dokuwiki1 | grep -q . && [ -n "$(ls ${REPOSITORY}/${UUIDS.dokuwiki1}/locks)" ] && break; sleep 0.1; done
      systemctl kill --signal=KILL run-backup@1; test -n "$(ls ${REPOSITORY}/${UUIDS.dokuwiki1}/locks)"`,
    );
    await host.run("systemctl start run-backup@1 || :");
    const { errors, steps } = await status();
    deepEqual(
      [errors, Object.values(steps).filter(({ kind }) => kind !== "done")],
      [0, []],
      JSON.stringify(steps),
    );
    equal(await host.run(`ls ${REPOSITORY}/${UUIDS.dokuwiki1}/locks`), "");
  });

  await claim("another_module_gets_the_data_under_a_grant_that_is_gone_afterwards", async () => {
    await host.run(
      "rclonegwctl restore --snapshot latest --module dokuwiki2 --from dokuwiki1 --yes 2>&1",
    );
    await host.run(
      `diff -r /var/lib/nethserver/dokuwiki1/state/data /var/lib/nethserver/dokuwiki2/state/data
      cd /var/lib/containers/storage/volumes; diff -r dokuwiki1-pages/_data dokuwiki2-pages/_data`,
    );
    equal(await host.run("redis-cli hlen private/nodes/restore_uuid"), "0");
    // Its own identity stays its own.
    match(
      await host.run("cat /var/lib/nethserver/dokuwiki2/state/agent.env"),
      /^REDIS_USER=module\/dokuwiki2$/m,
    );
  });

  await claim("what_is_stored_can_be_restored", async () => {
    await host.run("rclonegwctl verify --all --share 1/1 2>&1");
  });

  await claim("no_process_and_no_log_shows_a_secret", async () => {
    for (const secret of ["node-secret-7d1b", "module-secret-93c4", "restic-password-51ee"]) {
      equal(await host.run(`journalctl --boot | grep -c '[${secret[0]}]${secret.slice(1)}' || :`), "0");
    }
  });

  await claim("a_removed_backup_leaves_no_timer_and_no_metrics", async () => {
    await host.run("rclonegwctl backup remove 1");
    await eventually(
      "both are gone",
      async () =>
        await host.run(
          `systemctl list-units --all --plain --no-legend 'backup*.timer'; ls ${METRICS} 2>/dev/null || :`,
        ) === "",
    );
  });
});

/** A module of root's, with a file of its own in its state folder and a volume. */
function installed(module: Module): string {
  return `
folder=/var/lib/nethserver/${module}
mkdir -p $folder/{state,etc}
printf 'MODULE_ID=%s\\nMODULE_UUID=%s\\nIMAGE_URL=ghcr.io/example/dokuwiki:1\\n' ${module} ${
    UUIDS[module]
  } >$folder/state/environment
printf 'REDIS_USER=module/%s\\nREDIS_PASSWORD=module-secret-93c4\\n' ${module} >$folder/state/agent.env
chmod 600 $folder/state/agent.env
printf 'state/data\\nvolumes/pages\\n' >$folder/etc/state-include.conf
podman volume create ${module}-pages >/dev/null`;
}

/** What Podman needs where it runs in a container of a host with cgroup v1; and restic's image. */
function nestedPodman(tar: string): string {
  return `podman load --quiet --input /mnt/${tar} | sed 's/^.*: //' | xargs -I{} podman tag {} localhost/rclone-gateway-restic:latest
${
    NESTED === "" ? "" : `
cat >/usr/local/bin/podman <<'END'
#!/bin/bash
[ "$1" != run ] || set -- run ${NESTED} "\${@:2}"
exec /usr/bin/podman "$@"
END
chmod 755 /usr/local/bin/podman`
  }`;
}
