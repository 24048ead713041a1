import assert from "node:assert/strict";
import { renewToken, tokenIn } from "../../../../gateway/rclone/renew_token.ts";
import { repositoryFolder } from "./repository_folder.ts";

const conf = (token: string): string => `[x]\ntype = drive\ntoken = ${token}\n`;
const OWN = '{"access_token":"1","refresh_token":"r"}';
const ANOTHERS = '{"access_token":"1"}';

Deno.test("another_token_is_put_in_its_place", async (test) => {
  const cases: [name: string, file: string | undefined, now: string, result: string][] = [
    ["never_ran", undefined, OWN, "none"],
    ["the_same", OWN, OWN, "none"],
    ["replaced_by_somebody", '{"access_token":"0","refresh_token":"q"}', OWN, "restart"],
    ["refreshed_by_the_leader", '{"access_token":"0"}', ANOTHERS, "renewed"],
  ];
  for (const [name, file, now, result] of cases) {
    await test.step(name, async () => {
      await using folder = await repositoryFolder();
      if (file !== undefined) await folder.write("rclone.conf", conf(file));
      const path = `${folder.path}/rclone.conf`;
      assert.equal(await renewToken(path, conf(now)), result);
      if (file !== undefined) assert.equal(tokenIn(await Deno.readTextFile(path)), now);
    });
  }
});

Deno.test("a_token_is_found_as_rclone_writes_it", () => {
  assert.equal(tokenIn(`[x]\ntoken_url = http://x\ntoken = ${OWN}\nx = y\n`), OWN);
  assert.equal(tokenIn(`[x]\ntoken=${OWN}`), OWN);
  assert.equal(tokenIn("[x]\ntype = s3\n"), undefined);
});
