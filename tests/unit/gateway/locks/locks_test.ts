import assert from "node:assert/strict";
import type { LockRecord } from "../../../../gateway/domain/lock.ts";
import { Locks, type LockStorage, MOST_LOCKS } from "../../../../gateway/locks/locks.ts";
import { lockRecords } from "../../../../gateway/locks/records.ts";
import { objectName, uuid } from "../../given.ts";
import { type RepositoryFolder, repositoryFolder } from "../rclone/repository_folder.ts";

const REPOSITORY = `${uuid("d")}/dokuwiki/${uuid("a")}`;
const at = (name: string): string => `${REPOSITORY}/${objectName(name)}`;
const OWN: LockRecord = { owner: "module/dokuwiki1", right: "own-repository" };
const READER: LockRecord = { owner: "module/dokuwiki2", right: "restore-grant" };
const NODE: LockRecord = { owner: "node/1", right: "node" };
const MINUTE = 60_000;

/** Locks over real records and a storage in memory. `later` is how much later than the records' times it is now. */
function given(folder: RepositoryFolder) {
  const stored = new Set<string>();
  let later = 0;
  let failing = false;
  let looks = 0;
  const storage: LockStorage = {
    stored(path) {
      looks++;
      return Promise.resolve(failing ? undefined : stored.has(path));
    },
    remove: (path) => Promise.resolve(!failing && stored.delete(path)),
  };
  const records = lockRecords(folder.path);
  return {
    stored,
    looks: () => looks,
    locks: new Locks(records, storage, () => Date.now() + later),
    after: (milliseconds: number) => void (later += milliseconds),
    fail: (fails: boolean) => void (failing = fails),
    async owners(): Promise<Record<string, string>> {
      return Object.fromEntries((await records.all()).map(({ path, owner }) => [path, owner]));
    },
  };
}

Deno.test("a_lock_is_put_on_record_and_stays_its_creators", async () => {
  await using folder = await repositoryFolder();
  const { locks, owners } = given(folder);
  assert.equal(await locks.claim(at("1"), OWN), "claimed");
  assert.equal(await locks.claim(at("1"), OWN), "claimed", "its upload is repeated");
  assert.equal(await locks.claim(at("1"), READER), "anothers");
  assert.equal(await locks.claim(at("2"), NODE), "claimed");
  assert.deepEqual(await owners(), { [at("1")]: OWN.owner, [at("2")]: NODE.owner });
});

Deno.test("of_two_who_claim_one_at_once_one_has_it", async () => {
  await using folder = await repositoryFolder();
  const { locks } = given(folder);
  const claimed = await Promise.all([locks.claim(at("1"), OWN), locks.claim(at("1"), READER)]);
  assert.deepEqual(claimed, ["claimed", "anothers"]);
});

Deno.test("a_lock_that_was_removed_keeps_its_owner_for_a_while", async () => {
  await using folder = await repositoryFolder();
  const { locks, stored, owners, after } = given(folder);
  await locks.claim(at("1"), OWN);
  locks.removed(at("1"));
  assert.equal(await locks.claim(at("1"), READER), "anothers", "its removal may be asked for again");
  await locks.claim(at("2"), OWN);
  assert.equal(Object.keys(await owners()).length, 2);
  after(17 * MINUTE);
  stored.add(at("2"));
  await locks.claim(at("3"), OWN);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual(Object.keys(await owners()).sort(), [at("2"), at("3")].sort());
});

Deno.test("a_claim_that_overlaps_a_removal_stays_on_record", async () => {
  await using folder = await repositoryFolder();
  const { locks, stored, owners, after } = given(folder);
  await locks.claim(at("1"), READER);
  const again = locks.claim(at("1"), READER);
  locks.removed(at("1"));
  assert.equal(await again, "claimed");
  stored.add(at("1"));
  after(17 * MINUTE);
  await locks.claim(at("2"), READER);
  assert.deepEqual(Object.keys(await owners()).sort(), [at("1"), at("2")].sort());
});

Deno.test("one_that_is_claimed_again_while_it_is_looked_up_stays_on_record", async () => {
  await using folder = await repositoryFolder();
  let later = 0;
  let look = (): void => {};
  const looked = new Promise<void>((resolve) => look = resolve);
  let answer = (_: boolean): void => {};
  const records = lockRecords(folder.path);
  const locks = new Locks(records, {
    stored: (_) => (look(), new Promise((resolve) => answer = resolve)),
    remove: () => Promise.resolve(false),
  }, () => Date.now() + later);
  await locks.claim(at("1"), READER);
  locks.removed(at("1"));
  later = 20 * MINUTE;
  // Another claim makes it look for what was removed; meanwhile the first is claimed again.
  await locks.claim(at("2"), READER);
  await looked;
  await locks.claim(at("1"), READER);
  answer(false);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual((await records.all()).map(({ path }) => path).sort(), [at("1"), at("2")].sort());
});

Deno.test("a_module_has_a_bounded_number_of_locks_and_takes_none_from_others", async () => {
  await using folder = await repositoryFolder();
  const { locks } = given(folder);
  const name = (index: number): string => at(index.toString(16).padStart(4, "0"));
  for (let index = 0; index < MOST_LOCKS; index++) {
    assert.equal(await locks.claim(name(index), READER), "claimed");
  }
  assert.equal(await locks.claim(name(MOST_LOCKS), READER), "too-many");
  assert.equal(await locks.claim(name(3), READER), "claimed", "one it has already");
  assert.equal(await locks.claim(name(MOST_LOCKS + 1), OWN), "claimed", "the owner");
  assert.equal(await locks.claim(name(MOST_LOCKS + 2), NODE), "claimed", "a node");
  locks.removed(name(7));
  assert.equal(await locks.claim(name(MOST_LOCKS), READER), "claimed", "one was removed");
});

Deno.test("one_with_too_many_gets_room_where_some_are_gone_unseen_and_costs_few_lookups", async () => {
  await using folder = await repositoryFolder();
  const { locks, stored, looks, after, fail } = given(folder);
  const name = (index: number): string => at(index.toString(16).padStart(4, "0"));
  for (let index = 0; index < MOST_LOCKS; index++) {
    await locks.claim(name(index), OWN);
    stored.add(name(index));
  }
  assert.equal(looks(), 0, "as long as there is room, nothing is looked up");
  after(17 * MINUTE);
  assert.equal(await locks.claim(name(MOST_LOCKS), OWN), "too-many");
  assert.ok(looks() <= 8, `${looks()} lookups`);
  stored.delete(name(0));
  fail(true);
  assert.equal(await locks.claim(name(MOST_LOCKS), OWN), "too-many", "it cannot be told");
  fail(false);
  assert.equal(await locks.claim(name(MOST_LOCKS), OWN), "claimed");
});

Deno.test("of_many_who_ask_at_once_most_are_told_to_come_again", async () => {
  await using folder = await repositoryFolder();
  const { locks } = given(folder);
  const claims = await Promise.all(
    Array.from({ length: 100 }, (_, index) => locks.claim(at(index.toString(16).padStart(4, "0")), OWN)),
  );
  assert.equal(claims.filter((claimed) => claimed === "claimed").length, 16);
  assert.equal(claims.filter((claimed) => claimed === "busy").length, 84);
  assert.equal(await locks.claim(at("ffff"), OWN), "claimed", "and then it goes on");
});

Deno.test("locks_of_a_grantee_go_with_the_grant_and_no_others", async () => {
  await using folder = await repositoryFolder();
  const { locks, stored } = given(folder);
  for (const [name, record] of [["1", OWN], ["2", READER], ["3", NODE]] as const) {
    await locks.claim(at(name), record);
    stored.add(at(name));
  }
  const asked: string[] = [];
  const holds = (stands: boolean) => (owner: string, repository: string) => {
    asked.push(`${owner} ${repository}`);
    return Promise.resolve(stands);
  };
  assert.deepEqual(await locks.sweep(holds(true)), []);
  assert.equal(stored.size, 3);
  assert.deepEqual((await locks.sweep(holds(false))).map(({ path }) => path), [at("2")]);
  assert.deepEqual([...stored].sort(), [at("1"), at("3")].sort());
  assert.deepEqual(new Set(asked), new Set([`module/dokuwiki2 dokuwiki/${uuid("a")}`]));
  asked.length = 0;
  await locks.sweep(holds(false));
  assert.deepEqual(asked, [], "nobody is asked where there is nothing to remove");
});

Deno.test("one_whose_upload_is_still_on_its_way_is_removed_once_it_is_there", async () => {
  await using folder = await repositoryFolder();
  const { locks, stored, owners, after, fail } = given(folder);
  await locks.claim(at("2"), READER);
  const gone = (): Promise<boolean> => Promise.resolve(false);
  assert.deepEqual(await locks.sweep(gone), []);
  stored.add(at("2"));
  fail(true);
  assert.deepEqual(await locks.sweep(gone), [], "the storage fails");
  fail(false);
  assert.equal((await locks.sweep(gone)).length, 1);
  assert.equal(stored.size, 0);
  await locks.claim(at("4"), READER);
  after(15 * MINUTE);
  await locks.sweep(gone);
  assert.ok(at("4") in await owners(), "a slow storage may still store it");
  after(17 * MINUTE);
  await locks.sweep(gone);
  assert.deepEqual(Object.keys(await owners()), [at("2")], "one that never came is forgotten");
});

Deno.test("a_destination_that_fails_holds_up_no_other", async () => {
  await using folder = await repositoryFolder();
  const asked: string[] = [];
  const records = lockRecords(folder.path);
  const other = (name: string): string => at(name).replace(uuid("d"), uuid("e"));
  const locks = new Locks(records, {
    stored: (path) => (asked.push(path), Promise.resolve(undefined)),
    remove: (path) => Promise.resolve(path.startsWith(uuid("e"))),
  });
  for (const name of ["1", "2", "3"]) await locks.claim(at(name), READER);
  await locks.claim(other("1"), READER);
  const removed = await locks.sweep(() => Promise.resolve(false));
  assert.deepEqual(removed.map(({ path }) => path), [other("1")]);
  assert.equal(asked.length, 1, "of the one that fails, one lock is tried");
});

Deno.test("a_destination_that_hangs_holds_up_no_other_and_is_not_asked_again_meanwhile", async () => {
  await using folder = await repositoryFolder();
  let asked = 0;
  let answer = (_: boolean): void => {};
  const other = (name: string): string => at(name).replace(uuid("d"), uuid("e"));
  const locks = new Locks(lockRecords(folder.path), {
    stored: () => Promise.resolve(undefined),
    remove(path) {
      if (path.startsWith(uuid("e"))) return Promise.resolve(true);
      asked++;
      return new Promise((resolve) => answer = resolve);
    },
  });
  const gone = (): Promise<boolean> => Promise.resolve(false);
  await locks.claim(at("1"), READER);
  const hanging = locks.sweep(gone);
  await locks.claim(other("1"), READER);
  assert.deepEqual((await locks.sweep(gone)).map(({ path }) => path), [other("1")]);
  assert.equal(asked, 1);
  answer(true);
  assert.deepEqual((await hanging).map(({ path }) => path), [at("1")]);
});

Deno.test("an_earlier_lifes_locks_are_known", async () => {
  await using folder = await repositoryFolder();
  await given(folder).locks.claim(at("2"), READER);
  const later = given(folder);
  later.stored.add(at("2"));
  await later.locks.load();
  assert.equal((await later.locks.sweep(() => Promise.resolve(false))).length, 1);
});
