import assert from "node:assert/strict";
import { type Facts, redisFacts } from "../../../authz/facts.ts";
import type { VouchedReads } from "../../../authz/vouched_reads.ts";
import { FactsUnavailable } from "../../../authz/vouching.ts";
import { NO_GRANTS } from "../../../gateway/domain/grants.ts";
import type { Each } from "../../../gateway/redis/resp.ts";
import { moduleIdentity, repository, uuid } from "../given.ts";

const MODULE = moduleIdentity("module/dokuwiki1");
const DIGEST = "ab".repeat(32);

type Stored = {
  acls?: string[];
  hashes?: Record<string, Record<string, string>>;
  ttl?: (number | null)[] | null;
};

/** Facts over made-up data. What was read once is remembered for good: no change is ever announced. */
function given(stored: Stored, recent = true): { facts: Facts; clock: { now: number }; asked: string[] } {
  const clock = { now: 1_000_000 };
  const asked: string[] = [];
  const ask = (key: string, inside: string): string => {
    assert.equal(key, inside, "what is remembered under one key was read from another");
    asked.push(key);
    return key;
  };
  const remembered = new Map<string, unknown>();
  const read = async (
    key: string,
    what: string,
    load: (redis: unknown) => Promise<unknown>,
  ): Promise<unknown> => {
    const name = `${key} ${what}`;
    if (!remembered.has(name)) {
      remembered.set(
        name,
        await load({
          each: ([command, from = ""]: string[], each: Each) => {
            assert.equal(command, "SMEMBERS");
            ask(key, from);
            for (const line of stored.acls ?? []) {
              const bytes = new TextEncoder().encode(line);
              each(bytes, 0, bytes.length);
            }
            return Promise.resolve();
          },
          hGet: (from: string, field: string) =>
            Promise.resolve(ask(key, from) && (stored.hashes?.[from]?.[field] ?? null)),
          hpTTL: (from: string, fields: string[]) => {
            assert.deepEqual(fields, [what]);
            return Promise.resolve(ask(key, from) && (stored.ttl === undefined ? [-1] : stored.ttl));
          },
        }),
      );
    }
    return remembered.get(name);
  };
  const reads = { read } as unknown as VouchedReads;
  return { facts: redisFacts(reads, () => recent, () => clock.now), clock, asked };
}

const UUIDS = { "cluster/module_uuid": { dokuwiki1: uuid("a"), dokuwiki2: uuid("b") } };
const GRANT = { ...UUIDS, "private/nodes/restore_uuid": { [uuid("a")]: uuid("b") } };
const OWN = repository("dokuwiki", uuid("a"));
const SOURCE = repository("dokuwiki", uuid("b"));

Deno.test("an_account_is_found_by_its_whole_name", async () => {
  const { facts } = given({
    acls: [`user module/dokuwiki1 on #${DIGEST}`, `user module/dokuwiki11 off #${DIGEST}`],
  });
  assert.equal((await facts.account("module/dokuwiki1"))?.enabled, true);
  assert.equal((await facts.account("module/dokuwiki11"))?.enabled, false);
  assert.equal(await facts.account("module/dokuwiki"), undefined);
  assert.equal(await facts.account("constructor"), undefined);
});

Deno.test("no_accounts_at_all_are_no_facts", async (test) => {
  for (const [name, acls] of Object.entries({ empty: [], garbage_only: ["", "user", "nonsense"] })) {
    await test.step(name, async () => {
      await assert.rejects(given({ acls }).facts.account("node/1"), FactsUnavailable);
    });
  }
});

Deno.test("a_module_holds_its_own_repository", async (test) => {
  const cases: [name: string, hashes: Stored["hashes"], grants: Awaited<ReturnType<Facts["grants"]>>][] = [
    ["own", UUIDS, { own: OWN, restore: undefined }],
    ["no_uuid", {}, NO_GRANTS],
    ["no_uuid_but_a_grant", { "private/nodes/restore_uuid": { [uuid("a")]: uuid("b") } }, NO_GRANTS],
    ["uuid_of_another", { "cluster/module_uuid": { dokuwiki11: uuid("a") } }, NO_GRANTS],
    ["uuid_in_upper_case", { "cluster/module_uuid": { dokuwiki1: uuid("a").toUpperCase() } }, NO_GRANTS],
    ["uuid_empty", { "cluster/module_uuid": { dokuwiki1: "" } }, NO_GRANTS],
    ["uuid_garbage", { "cluster/module_uuid": { dokuwiki1: "../../etc" } }, NO_GRANTS],
    ["grant", GRANT, { own: OWN, restore: SOURCE }],
    ["grant_the_other_way_round", { ...UUIDS, "private/nodes/restore_uuid": { [uuid("b")]: uuid("a") } }, {
      own: OWN,
      restore: undefined,
    }],
    ["grant_garbage", { ...UUIDS, "private/nodes/restore_uuid": { [uuid("a")]: "*" } }, {
      own: OWN,
      restore: undefined,
    }],
  ];
  for (const [name, hashes, grants] of cases) {
    await test.step(name, async () => {
      assert.deepEqual(await given(hashes === undefined ? {} : { hashes }).facts.grants(MODULE), grants);
    });
  }
});

Deno.test("a_grant_holds_within_the_readers_app_type", async () => {
  const { facts } = given({ hashes: { ...GRANT, "cluster/module_uuid": { nextcloud1: uuid("a") } } });
  assert.deepEqual(await facts.grants(moduleIdentity("module/nextcloud1")), {
    own: repository("nextcloud", uuid("a")),
    restore: repository("nextcloud", uuid("b")),
  });
});

Deno.test("hpttl_says_how_long_a_grant_stands", async (test) => {
  const cases: [name: string, ttl: (number | null)[] | null, stands: boolean][] = [
    ["without_end", [-1], true],
    ["no_such_field", [-2], false],
    ["no_reply", null, false],
    ["empty_reply", [], false],
    ["null_in_reply", [null], false],
    ["just_ending", [0], false],
    ["one_millisecond", [1], true],
  ];
  for (const [name, ttl, stands] of cases) {
    await test.step(name, async () => {
      const { restore } = await given({ hashes: GRANT, ttl }).facts.grants(MODULE);
      assert.deepEqual(restore, stands ? SOURCE : undefined);
    });
  }
});

Deno.test("a_grant_ends_with_its_time_even_if_nobody_says_so", async () => {
  const { facts, clock, asked } = given({ hashes: GRANT, ttl: [5000] });
  const start = clock.now;
  assert.deepEqual((await facts.grants(MODULE)).restore, SOURCE);
  const questions = asked.length;
  clock.now = start + 4999;
  assert.deepEqual((await facts.grants(MODULE)).restore, SOURCE);
  clock.now = start + 5000;
  assert.deepEqual(await facts.grants(MODULE), { own: OWN, restore: undefined });
  assert.equal(asked.length, questions, "the end is known without asking again");
});

Deno.test("what_an_outdated_replica_says_of_grants_is_unknown_be_there_one_or_not", async (test) => {
  for (const [name, hashes] of Object.entries({ grant: GRANT, none: UUIDS })) {
    await test.step(name, async () => {
      assert.deepEqual(await given({ hashes }, false).facts.grants(MODULE), { own: OWN, restore: "unknown" });
    });
  }
  await test.step("who has no uuid holds nothing", async () => {
    assert.deepEqual(await given({}, false).facts.grants(MODULE), NO_GRANTS);
  });
});
