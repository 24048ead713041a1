import assert from "node:assert/strict";
import { RotatedTokens } from "../../../../gateway/rclone/rotated_tokens.ts";
import type { Instance } from "../../../../gateway/render/bundle.ts";
import { uuid } from "../../given.ts";

const NOW = Date.parse("2026-11-23T03:00:00Z");
const HOUR = 3_600_000;
const token = (word: string, lives: number): string =>
  JSON.stringify({ access_token: word, refresh_token: `r${word}`, expiry: new Date(NOW + lives) });
const conf = (value: string): string => `[x]\ntype = drive\ntoken = ${value}\n`;
const instance = (rcloneConf: string): Instance => ({
  name: `${uuid("a")}.1`,
  destination: uuid("a"),
  fs: "x:",
  rcloneConf,
  localFolder: undefined,
});

/** What happens to an instance whose rclone.conf is now `file`. */
async function look(rendered: string, file: string | undefined, times = 1): Promise<string[]> {
  const did: string[] = [];
  let now = NOW;
  const tokens = new RotatedTokens({
    read: () => Promise.resolve(file),
    use: () => Promise.resolve(void did.push("use")),
    store: (_, before, after) => Promise.resolve(did.push(`${before} -> ${after}`) > 0),
    log: (message) => did.push(`log ${message}`),
    now: () => now,
  });
  for (let time = 0; time < times; time++) {
    await tokens.look([instance(rendered)]);
    now += 10_000;
  }
  return did;
}

Deno.test("a_token_that_rclone_has_refreshed_is_stored_in_the_place_of_the_old_one", async () => {
  const [before, after] = [token("1", -HOUR), token("2", HOUR)];
  const did = await look(conf(before), `[x]\ntype = drive\ntoken = ${after}\nteam_drive =\n`);
  assert.equal(did[0], `${before} -> ${after}`);
  assert.match(did[1] ?? "", /refreshed its token/);
});

Deno.test("one_that_has_expired_is_refreshed_for_those_who_may_not", async () => {
  assert.deepEqual(await look(conf(token("1", HOUR)), undefined), []);
  assert.deepEqual(await look(conf(token("1", 1000)), undefined), ["use"]);
  assert.deepEqual(
    await look(conf(token("1", -HOUR)), conf(token("1", -HOUR)), 40),
    ["use", "use"],
    "with pauses",
  );
});

Deno.test("what_is_not_this_nodes_to_refresh_is_left_alone", async () => {
  const without = '{"access_token":"1","expiry":"2020-01-01T00:00:00Z"}';
  assert.deepEqual(await look(conf(without), conf(token("2", HOUR))), []);
  assert.deepEqual(await look("[x]\ntype = s3\n", "[x]\ntype = s3\n"), []);
  assert.deepEqual(await look(conf("a-plain-word"), conf("another")), []);
});

Deno.test("a_storage_that_hangs_holds_up_no_others_token_and_is_not_asked_twice", async () => {
  const did: string[] = [];
  const tokens = new RotatedTokens({
    read: () => Promise.resolve(undefined),
    use({ destination }) {
      did.push(destination);
      return destination === uuid("a") ? new Promise(() => {}) : Promise.resolve();
    },
    store: () => Promise.resolve(true),
    log: () => {},
    now: () => NOW,
  });
  const first = instance(conf(token("1", -HOUR)));
  void tokens.look([first, { ...first, destination: uuid("b"), name: `${uuid("b")}.1` }]);
  void tokens.look([first]);
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(did, [uuid("a"), uuid("b")]);
});
