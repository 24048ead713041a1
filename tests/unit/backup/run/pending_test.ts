import assert from "node:assert/strict";
import { LeaderAway, type Sends } from "../../../../backup/run/leader.ts";
import { Pending } from "../../../../backup/run/pending.ts";

/** A leader of hashes that may be away, or refuse a key. */
class Leader implements Sends {
  readonly hashes = new Map<string, string>();
  readonly told: string[] = [];
  asked = 0;
  away = false;
  refuses = "";
  sendCommand([command, key = "", ...rest]: string[]): Promise<unknown> {
    this.asked++;
    if (this.away) return Promise.reject(new LeaderAway("the leader's Redis is away"));
    if (key === this.refuses) return Promise.reject(new Error("NOPERM"));
    if (command === "PUBLISH") this.told.push(`${key} ${rest[0]}`);
    else if (command === "HDEL") this.hashes.delete(`${key} ${rest[0]}`);
    else this.hashes.set(`${key} ${rest[0]}`, rest[1] ?? "");
    return Promise.resolve(1);
  }
}

async function given(): Promise<{ pending: Pending; leader: Leader; path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir({ dir: "/tmp" });
  return {
    path,
    pending: new Pending(`${path}/pending`),
    leader: new Leader(),
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

Deno.test("what_waits_is_written_once_and_its_event_is_told", async () => {
  await using all = await given();
  const { pending, leader } = all;
  await pending.put({ key: "k", field: "f", value: "1", event: { channel: "c", payload: "p" } });
  assert.deepEqual(await pending.flush(leader), []);
  assert.deepEqual([[...leader.hashes], leader.told], [[["k f", "1"]], ["c p"]]);
  const asked = leader.asked;
  assert.deepEqual(await pending.flush(leader), []);
  assert.equal(leader.asked, asked);
});

Deno.test("nothing_is_lost_while_the_leader_is_away_and_it_is_asked_once", async () => {
  await using all = await given();
  const { pending, leader, path } = all;
  leader.away = true;
  for (const field of ["a", "b", "c"]) await pending.put({ key: "k", field, value: field });
  const left = await pending.flush(leader);
  assert.deepEqual(left.map(({ write, away }) => [write.field, away]).sort(), [["a", true], ["b", true], [
    "c",
    true,
  ]]);
  assert.equal(leader.asked, 1);
  leader.away = false;
  // Another process, after a reboot.
  assert.deepEqual(await new Pending(`${path}/pending`).flush(leader), []);
  assert.equal(leader.hashes.size, 3);
});

Deno.test("a_field_s_last_value_is_the_one_that_is_written", async () => {
  await using all = await given();
  const { pending, leader } = all;
  leader.away = true;
  for (const value of ["1", "2"]) {
    await pending.put({ key: "k", field: "f", value });
    assert.equal((await pending.flush(leader)).length, 1);
  }
  leader.away = false;
  await pending.flush(leader);
  assert.deepEqual([...leader.hashes], [["k f", "2"]]);
});

Deno.test("a_write_that_is_refused_stays_and_stops_no_other", async () => {
  await using all = await given();
  const { pending, leader } = all;
  leader.refuses = "refused";
  for (const key of ["refused", "x", "y", "z"]) await pending.put({ key, field: "f", value: "1" });
  assert.deepEqual(
    (await pending.flush(leader)).map(({ write, because, away }) => [write.key, because, away]),
    [["refused", "NOPERM", false]],
  );
  assert.equal(leader.hashes.size, 3);
});

Deno.test("a_hash_is_read_as_it_will_be", async () => {
  await using all = await given();
  const { pending } = all;
  assert.deepEqual(await pending.over("k", { a: "1", b: "1" }), { a: "1", b: "1" });
  await pending.put({ key: "k", field: "b", value: "2" });
  await pending.put({ key: "other", field: "a", value: "2" });
  assert.deepEqual(await pending.over("k", { a: "1", b: "1" }), { a: "1", b: "2" });
  await pending.put({ key: "k", field: "a", value: null });
  assert.deepEqual(await pending.over("k", { a: "1", b: "1" }), { b: "2" });
});

Deno.test("a_field_that_is_to_go_goes", async () => {
  await using all = await given();
  const { pending, leader } = all;
  await pending.put({ key: "k", field: "f", value: "1" });
  await pending.flush(leader);
  await pending.put({ key: "k", field: "f", value: null });
  await pending.flush(leader);
  assert.equal(leader.hashes.size, 0);
});
