// slow
// Backups run by their schedules: on a host with systemd, installed as an operator would, and in the foreground without.
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { ready } from "../images/host/nethserver8_node.ts";
import { GATEWAY_IMAGE, NESTED, TestHost } from "../images/host/test_host.ts";
import { eventually } from "./harness/eventually.ts";
import { IMAGES } from "./harness/podman.ts";
import { cluster, DESTINATION, NODE_SECRET, standIn } from "./timers/host.ts";

const TIMER = "systemctl show backup1.timer --property=ActiveState,Description,ActiveEnterTimestampMonotonic";

Deno.test("timers_made_from_redis_run_the_backups_of_a_node", async (t) => {
  Deno.env.set("RCLONE_GATEWAY_IMAGE", IMAGES.gateway);
  Deno.env.set("RCLONE_GATEWAY_REDIS_IMAGE", IMAGES.redis);
  await using host = await TestHost.start("debian12");
  const claim = (name: string, body: () => Promise<void>) =>
    t.step(name, async () => {
      try {
        await body();
      } catch (error) {
        console.error(
          await host.run(
            "journalctl --boot --unit=backup-timers --unit='run-backup@*' --unit='backup[0-9]*' --output=cat | tail -n 60; " +
              "systemctl list-timers --all 'backup*'",
          ),
        );
        throw error;
      }
    });
  const runs = async (): Promise<string[]> =>
    (await host.run("cat /var/tmp/ran 2>/dev/null || :")).split("\n").filter((line) => line !== "");
  const fired = async (more: number): Promise<void> => {
    const before = (await runs()).length;
    await eventually(`${more} more runs`, async () => (await runs()).length >= before + more, 30_000);
  };
  const timers = async (): Promise<string> =>
    await host.run("systemctl list-units --all --plain --no-legend 'backup*.timer' | cut -d' ' -f1");
  const description = (): Promise<string> =>
    host.run("systemctl show backup1.timer --property=Description --value");

  await host.run(cluster());
  await host.run(
    `podman run --rm ${NESTED} --network=none --entrypoint=cat ${GATEWAY_IMAGE} /opt/rclone-gateway/scripts/install >/root/install
    bash /root/install --no-start
    sed -i -e 's|^REDIS_USER=.*|REDIS_USER=node/1|' -e 's|^REDIS_PASSWORD=.*|REDIS_PASSWORD=${NODE_SECRET}|' /etc/rclone-gateway/gateway.env`,
  );
  await host.run(standIn(0));

  await claim("the service is enabled, and harmless where there is nothing to do", async () => {
    await host.run("bash /root/install");
    equal(
      await host.run("systemctl is-enabled backup-timers; systemctl is-active backup-timers"),
      "enabled\nactive",
    );
    equal(await timers(), "");
    await host.run(standIn(0));
  });

  await claim("a backup that is added is run by its schedule", async () => {
    await host.run(
      `rclonegwctl backup add --destination ${DESTINATION} --schedule '*:*:0/5' --retention 3 --modules dokuwiki1`,
    );
    await fired(2);
    ok((await runs()).every((line) => line.startsWith("--backup=1 ")));
    match(await host.run("schedule-backup list-timers"), /backup1\.timer/);
    equal(await description(), 'Backup 1 at "*:*:0/5"');
  });

  await claim("what has not changed is left alone, also when the service starts anew", async () => {
    const before = await host.run(TIMER);
    await host.run("rclonegwctl backup alter 1 --name Other; systemctl restart backup-timers");
    await fired(1);
    await host.run("systemctl kill --signal=KILL backup-timers");
    await fired(1);
    equal(await host.run(TIMER), before);
    await eventually(
      "it is back",
      async () => await host.run("systemctl is-active backup-timers || :") === "active",
    );
  });

  await claim("an alteration takes over at once, also while a backup runs", async () => {
    await host.run(standIn(0, 6));
    await fired(1);
    await host.run("rclonegwctl backup alter 1 --schedule '*:*:0/3' --random-delay 1s");
    await eventually("it is made anew", async () => /0\/3", up to 1 s later/.test(await description()));
    await host.run(standIn(0));
    await fired(2);
    await host.run("rclonegwctl backup alter 1 --schedule yearly --random-delay 0");
    await eventually("it is made anew", async () => /yearly"$/.test(await description()));
    const before = (await runs()).length;
    await new Promise((resolve) => setTimeout(resolve, 7000));
    ok((await runs()).length <= before + 1);
  });

  await claim("an alteration whose event is lost takes over, too", async () => {
    await host.run(
      "redis-cli hset cluster/backup/1 schedule monthly >/dev/null; systemctl restart backup-timers",
    );
    await eventually("it is made anew", async () => /monthly"$/.test(await description()));
  });

  await claim("what systemd cannot read leaves the timer that is there", async () => {
    await host.run(
      `redis-cli hset cluster/backup/1 schedule 'now and then' >/dev/null; redis-cli publish cluster/event/backup-schedule-changed '{"backup_ids":["1"]}' >/dev/null`,
    );
    await eventually(
      "it is told",
      async () =>
        (await host.run("journalctl --boot --unit=backup-timers --output=cat")).includes("now and then"),
    );
    match(await description(), /monthly"$/);
    await host.run(
      "redis-cli hset cluster/backup/1 schedule yearly >/dev/null; schedule-backup start-timers",
    );
    match(await description(), /yearly"$/);
  });

  await claim("after a reboot the timers are there, and a missed run is made up for", async () => {
    await host.run("touch --date '2 years ago' /var/lib/systemd/timers/stamp-backup1.timer");
    const before = (await runs()).length;
    await host.reboot();
    await eventually("it is made up for", async () => (await runs()).length === before + 1, 60_000);
    equal(await timers(), "backup1.timer");
  });

  await claim("an operator runs it through the gateway, and is told each result", async () => {
    await host.run(ready);
    await eventually(
      "the gateway reaches its host",
      async () =>
        await host.run(
          "test -S /var/lib/containers/storage/volumes/rclone-gateway-state/_data/backup.sock && echo yes || :",
        ) ===
          "yes",
    );
    equal(
      await host.run(
        "stat -c '%U %a' /var/lib/containers/storage/volumes/rclone-gateway-state/_data/backup.sock",
      ),
      await host.run("stat -c '%U' /var/lib/containers/storage/volumes/rclone-gateway-state/_data") + " 600",
    );
    const good = await host.run("rclonegwctl backup run 1 2>&1");
    match(good, /^dokuwiki1 on node 1: success$/m);
    match(good, /^node 1: done$/m);
    await host.run(standIn(1));
    const bad = await host.run("rclonegwctl backup run 1 2>&1 && echo good || echo exit code $?");
    match(bad, /^dokuwiki1 on node 1: failure: backup failed: no space$/m);
    match(bad, /^ {2}- node 1 failed \(exit code 1\)$/m);
    match(bad, /^exit code 1$/m);
    const told = JSON.parse(await host.run("rclonegwctl backup run 1 --json 2>/dev/null || :"));
    deepEqual([told.success, told.nodes[0].code, told.modules[0].success], [false, 1, false]);
    match(
      await host.run("rclonegwctl backup run 1 --local 2>&1 && echo good || echo exit code $?"),
      /^exit code 1$/m,
    );
  });

  await claim("a node that cannot be asked is a failure", async () => {
    await host.run(`${standIn(0)}
      systemctl stop backup-timers; redis-cli hset cluster/module_node mail1 7 >/dev/null
      rclonegwctl backup alter 1 --modules dokuwiki1 mail1`);
    const said = await host.run("rclonegwctl backup run 1 2>&1 && echo good || echo exit code $?");
    match(said, /node 1 could not be asked: its host does not answer over .*backup-timers\.service/);
    match(said, /node 7 could not be asked: there is no such node/);
    match(said, /^exit code 1$/m);
    await host.run("systemctl start backup-timers");
  });

  await claim("the timer and the metrics of a removed backup are gone", async () => {
    await host.run(
      "mkdir -p /var/lib/rclone-gateway/node_exporter; cd /var/lib/rclone-gateway/node_exporter; touch backup1.prom other.prom",
    );
    await host.run("rclonegwctl backup remove 1");
    await eventually("it is gone", async () => await timers() === "");
    await eventually(
      "its metrics, too",
      async () => await host.run("ls /var/lib/rclone-gateway/node_exporter") === "other.prom",
    );
    equal(await host.run("ls /var/lib/systemd/timers | grep -c backup1.timer || :"), "0");
  });

  await claim("uninstalling takes timers and units away", async () => {
    await host.run(
      `rclonegwctl backup add --destination ${DESTINATION} --schedule daily --retention 3 --modules dokuwiki1`,
    );
    await eventually("it is there", async () => await timers() === "backup2.timer");
    await host.run("bash /usr/local/lib/rclone-gateway/current/scripts/uninstall");
    equal(await timers(), "");
    await host.run(
      "test ! -e /etc/systemd/system/backup-timers.service -a ! -e /usr/local/bin/schedule-backup",
    );
    equal(await host.run("systemctl is-active backup-timers || :"), "inactive");
  });
});
