// Backups are defined, changed, listed and removed by rclonegwctl, as NethServer 8 knows them.
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { DESTINATION, fillCluster } from "./harness/cluster.ts";
import { eventually } from "./harness/eventually.ts";
import type { Ended } from "./harness/podman.ts";
import { rclonegwctl } from "./harness/rclonegwctl.ts";
import { startRedis } from "./harness/redis.ts";

const ADD = [
  "--destination",
  DESTINATION,
  "--schedule",
  "*-*-* 02:00",
  "--retention",
  "7",
  "--modules",
  "dokuwiki1",
  "mail1",
];

Deno.test("backups_are_defined_by_the_operators_command", async (t) => {
  await using redis = await startRedis();
  const { client } = redis;
  await fillCluster(client);
  const events: string[] = [];
  const subscriber = client.duplicate();
  await subscriber.connect();
  await subscriber.subscribe("cluster/event/backup-schedule-changed", (message) => void events.push(message));
  await using _ = { [Symbol.asyncDispose]: () => Promise.resolve(subscriber.destroy()) };
  const ctl = (args: readonly string[], input?: string): Promise<Ended> =>
    rclonegwctl(["backup", ...args], {}, input);
  const ends = async (code: number, args: readonly string[], input?: string): Promise<Ended> => {
    const ended = await ctl(args, input);
    equal(ended.code, code, `backup ${args.join(" ")}: ${ended.stdout}${ended.stderr}`);
    return ended;
  };
  const heard = async (expected: readonly string[]): Promise<void> => {
    await eventually("the event is heard", () => events.length >= expected.length);
    deepEqual(events.splice(0), expected);
  };
  const everything = async (): Promise<string> => {
    const found: Record<string, unknown> = { sequence: await client.get("cluster/backup_sequence") };
    for await (const keys of client.scanIterator({ MATCH: "*backup/*" })) {
      for (const key of keys) found[key] = await client.hGetAll(key);
    }
    return JSON.stringify(Object.entries(found).sort());
  };

  await t.step("a backup gets the next number, a name and NethServer 8's fields", async () => {
    await client.set("cluster/backup_sequence", "4");
    const { stdout } = await ends(0, ["add", ...ADD, "--json"]);
    deepEqual(JSON.parse(stdout), { id: 5, name: "Backup 5" });
    deepEqual({ ...await client.hGetAll("cluster/backup/5") }, {
      name: "Backup 5",
      repository: DESTINATION,
      schedule: "*-*-* 02:00",
      schedule_hint: "{}",
      retention: "7",
      enabled: "1",
      instances: "dokuwiki1 mail1",
    });
    equal(await client.get("cluster/backup_sequence"), "5");
    equal(await client.exists("private/nodes/gateway/backup/5"), 0);
    await heard(['{"backup_ids":["5"]}']);
  });

  await t.step("json with NethServer 8's names is taken, and the gateway's own rules", async () => {
    const request = {
      name: "Weekly",
      repository: DESTINATION,
      schedule: "weekly",
      schedule_hint: { interval: "weekly" },
      retention: 3,
      instances: ["dokuwiki2"],
      enabled: false,
      keep: "keep-daily=7 keep-within=30d",
      minimum_age: "1d",
      random_delay: 600,
    };
    const { stdout } = await ends(0, ["add", "--stdin", "--json"], JSON.stringify(request));
    equal(JSON.parse(stdout).id, 6);
    const hash = await client.hGetAll("cluster/backup/6");
    deepEqual([hash["schedule_hint"], hash["enabled"], hash["retention"]], [
      '{"interval":"weekly"}',
      "",
      "3",
    ]);
    deepEqual({ ...await client.hGetAll("private/nodes/gateway/backup/6") }, {
      keep: "keep-daily=7 keep-within=30d",
      minimum_age: "86400",
      random_delay: "600",
    });
    await heard(['{"backup_ids":["6"]}']);
  });

  await t.step("a number that is in use is passed over", async () => {
    await client.hSet("cluster/backup/7", "name", "from somewhere else");
    equal(JSON.parse((await ends(0, ["add", ...ADD, "--json"])).stdout).id, 8);
    deepEqual([await client.hGet("cluster/backup/7", "name"), await client.get("cluster/backup_sequence")], [
      "from somewhere else",
      "8",
    ]);
    await client.del("cluster/backup/7");
    await ends(0, ["remove", "8"]);
    await heard(['{"backup_ids":["8"]}', '{"backup_ids":["8"]}']);
  });

  await t.step("everything that is wrong is said at once, and nothing is changed", async () => {
    const before = await everything();
    const wrong = [
      "--destination",
      "5a1c2d3e-0000-4000-8000-00000000ffff",
      "--schedule",
      "now and then",
      "--retention",
      "0",
      "--keep",
      "keep-dayly=7",
      "--modules",
      "nothere1",
      "mail1",
    ];
    const { stderr } = await ends(2, ["add", ...wrong]);
    for (
      const word of ["5a1c2d3e-0000-4000-8000-00000000ffff", "now and then", '"0"', "keep-dayly", "nothere1"]
    ) {
      ok(stderr.includes(word), `${word}: ${stderr}`);
    }
    match(stderr, /^Cannot add this backup; nothing was changed\.$/m);
    await ends(2, ["add"]);
    await ends(2, ["add", "--stdin"], "[]");
    await ends(2, ["alter", "5"]);
    await ends(2, ["alter", "5", "--schedule", "25:00"]);
    await ends(2, ["alter", "x", "--schedule", "daily"]);
    await ends(1, ["alter", "99", "--schedule", "daily"]);
    await ends(1, ["remove", "99"]);
    await ends(2, ["alter", "5", "--enable", "--disable"]);
    equal(await everything(), before);
    deepEqual(events, []);
  });

  await t.step("what is not given stays", async () => {
    const before = await client.hGetAll("cluster/backup/6");
    await ends(0, ["alter", "6", "--schedule", "hourly", "--enable", "--prune-every", "14d"]);
    deepEqual({ ...await client.hGetAll("cluster/backup/6") }, {
      ...before,
      schedule: "hourly",
      enabled: "1",
    });
    equal(await client.hGet("private/nodes/gateway/backup/6", "prune_every"), "1209600");
    await heard(['{"backup_ids":["6"]}']);
    match(
      (await ends(2, ["alter", "6", "--retention", "9"])).stderr,
      /retention does not count while keep is/,
    );
    await ends(0, ["alter", "6", "--retention", "9", "--keep", ""]);
    equal(await client.hGet("private/nodes/gateway/backup/6", "keep"), null);
    await heard(['{"backup_ids":["6"]}']);
  });

  await t.step("the list has every node's results, and what is in no backup", async () => {
    const good = { start: 1700000000, end: 1700000060, errors: 0, total_size: 5, snapshots_count: 2 };
    await client.hSet("node/1/backup_status/5", "dokuwiki1", JSON.stringify(good));
    await client.hSet("cluster/module_node", "mail1", "2");
    // It was on node 1 before.
    await client.hSet("node/1/backup_status/5", "mail1", JSON.stringify({ ...good, start: 1600000000 }));
    await client.hSet(
      "node/2/backup_status/5",
      "mail1",
      JSON.stringify({
        ...good,
        errors: 1,
        steps: { backup: { kind: "failed", because: "no\n\x1b[31mway" } },
      }),
    );
    await client.hSet("cluster/module_node", { samba1: "1", proxy1: "2" });
    await client.sAdd("module/proxy1/flags", "no_data_backup");
    await client.set("module/dokuwiki1/ui_name", "Our wiki");
    const { backups, unconfigured_instances } = JSON.parse((await ends(0, ["list", "--json"])).stdout);
    deepEqual(backups.map(({ id }: { id: number }) => id), [5, 6]);
    const [dokuwiki, mail] = backups[0].instances;
    deepEqual([dokuwiki.ui_name, dokuwiki.status.success, dokuwiki.repository_path], [
      "Our wiki",
      true,
      "dokuwiki/d0000001-0000-4000-8000-000000000001",
    ]);
    deepEqual([mail.node, mail.status.success, mail.status.start], ["2", false, 1700000000]);
    deepEqual(unconfigured_instances, [{ id: "samba1", ui_name: "" }]);
    const { stdout, stderr } = await ends(0, ["list"]);
    match(stdout, /^5 +dokuwiki1 +Our wiki +1 +2023-11-14T22:14:20Z +success$/m);
    match(stdout, /^5 +mail1 +2 +\S+ +failure +backup failed: no \[31mway$/m);
    match(stdout, /^6 +dokuwiki2 +1 +never$/m);
    match(stderr, /^In no backup: samba1$/m);
  });

  await t.step("modules that are gone are named, and taken out", async () => {
    await client.hDel("cluster/module_node", "mail1");
    match((await ends(0, ["list"])).stderr, /^Backup 5 names modules that are gone: mail1\./m);
    await ends(0, ["alter", "5", "--name", "Nightly"]);
    equal(await client.hGet("cluster/backup/5", "instances"), "dokuwiki1");
    await heard(['{"backup_ids":["5"]}']);
    await client.hDel("cluster/module_node", "dokuwiki2");
    deepEqual(JSON.parse((await ends(0, ["prune-references", "--json"])).stdout), [{
      id: 6,
      modules: ["dokuwiki2"],
    }]);
    equal(await client.hGet("cluster/backup/6", "instances"), "");
    await heard(['{"backup_ids":["6"]}']);
    match((await ends(0, ["prune-references"])).stdout, /No backup names a module that is gone/);
    deepEqual(events, []);
  });

  await t.step("what is held goes on with an operator's word, and nothing else does", async () => {
    const uuid = await client.hGet("cluster/module_uuid", "dokuwiki1");
    const facts = `private/nodes/gateway/repository/${DESTINATION}/dokuwiki/${uuid}`;
    const others =
      `private/nodes/gateway/repository/${DESTINATION}/mail/5c000000-0000-4000-8000-000000000001`;
    await client.hSet(facts, { held: "the newest snapshots hold next to nothing", pruned: "1700000000" });
    await client.hSet(others, { held: "another's" });
    match(
      (await ends(0, ["release", "dokuwiki1"])).stdout,
      /goes on with the next run\. It was held: the newest/,
    );
    equal(await client.hGet(facts, "held"), "");
    equal(await client.hGet(facts, "pruned"), "1700000000");
    ok(Number(await client.hGet(facts, "released")) > 1_700_000_000);
    equal(await client.hGet(others, "held"), "another's");
    match((await ends(1, ["release", "dokuwiki1"])).stderr, /^Nothing of dokuwiki1 is held\.$/m);
  });

  await t.step("a definition that cannot be read is listed with its problems", async () => {
    await client.hSet("cluster/backup/6", "retention", "7d");
    match((await ends(0, ["list"])).stderr, /^Backup 6 is not run: "keep-last=7d"/m);
  });

  await t.step("removing takes all of it away, and its destination's removal takes its backups", async () => {
    await ends(0, ["remove", "5"]);
    equal(await client.exists(["cluster/backup/5", "node/1/backup_status/5", "node/2/backup_status/5"]), 0);
    await heard(['{"backup_ids":["5"]}']);
    const { code } = await rclonegwctl(["destination", "remove", DESTINATION, "--with-backups"]);
    equal(code, 0);
    equal(await client.exists(["cluster/backup/6", "private/nodes/gateway/backup/6"]), 0);
    await heard(['{"backup_ids":["6"]}']);
  });
});
