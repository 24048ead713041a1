// slow
import assert from "node:assert/strict";
import { DOKUWIKI1, fillCluster, repositoryUrl, sha256 } from "./harness/cluster.ts";
import { startGateway } from "./harness/gateway.ts";
import { makeVolume } from "./harness/podman.ts";
import { startRedis } from "./harness/redis.ts";
import { request } from "./harness/request.ts";

const LOOKED_UP = ["index", "snapshots", "keys", "locks"] as const;
/** Longer than an upload without progress lives. */
const UNCHANGED_MS = 6 * 60_000 + 5000;

Deno.test("what_is_stored_torn_makes_room_for_the_upload", async (t) => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  await using volume = await makeVolume("srv");
  await using gateway = await startGateway({ args: ["--volume", `${volume.name}:/srv/repo`] });
  const repository = repositoryUrl(DOKUWIKI1);
  await request("POST", `${repository}/?create=true`, { as: DOKUWIKI1, rest: false });
  const pathOf = async (type: string, content: string): Promise<string> => {
    const name = sha256(content);
    const shard = type === "data" ? `/${name.slice(0, 2)}` : "";
    return `${await volume.path()}/dokuwiki/${DOKUWIKI1.uuid}/${type}${shard}/${name}`;
  };
  /** A part of an object, stored under its name, as an rclone that was killed leaves it. Returns its URL. */
  const tear = async (type: string, content: string): Promise<string> => {
    const path = await pathOf(type, content);
    const folder = path.slice(0, path.lastIndexOf("/"));
    await Deno.mkdir(folder, { recursive: true });
    await Deno.writeTextFile(path, content.slice(0, 5));
    for (const each of [folder, path]) await Deno.chown(each, 4694, 4694);
    return `${repository}/${type}/${sha256(content)}`;
  };
  const post = async (url: string, body: string): Promise<number> =>
    (await request("POST", url, { as: DOKUWIKI1, body })).status;
  const read = async (url: string): Promise<string> => (await request("GET", url, { as: DOKUWIKI1 })).text;

  const looked = await Promise.all(LOOKED_UP.map((type) => tear(type, `whole ${type}`)));
  const data = await tear("data", "a whole pack");
  const growing = await tear("data", "a pack that is just being written");
  const whole = `${repository}/data/${sha256("whole from the start")}`;
  assert.equal(await post(whole, "whole from the start"), 200);

  await t.step("not what may just be being written: try again", async () => {
    for (const [index, type] of LOOKED_UP.entries()) {
      assert.equal(await post(looked[index] ?? "", `whole ${type}`), 503, type);
    }
    for (let time = 0; time < 3; time++) assert.equal(await post(data, "a whole pack"), 503);
    assert.equal(await post(growing, "a pack that is just being written"), 503);
    assert.equal(await read(data), "a who");
  });
  await t.step("what is whole is refused", async () => {
    assert.equal(await post(whole, "less"), 403);
    assert.equal(await post(whole, "more than what was whole from the start"), 403);
  });
  await new Promise((resolve) => setTimeout(resolve, UNCHANGED_MS / 2));
  await Deno.writeTextFile(await pathOf("data", "a pack that is just being written"), "a pack that");
  await new Promise((resolve) => setTimeout(resolve, UNCHANGED_MS / 2));
  await t.step("later at once where the upload is looked up before", async () => {
    for (const [index, type] of LOOKED_UP.entries()) {
      const url = looked[index] ?? "";
      assert.equal(await post(url, `whole ${type}`), 200, type);
      assert.equal(await read(url), `whole ${type}`);
    }
  });
  await t.step("data with the second attempt", async () => {
    assert.equal(await post(data, "a whole pack"), 503);
    assert.equal(await post(data, "a whole pack"), 200);
    assert.equal(await read(data), "a whole pack");
    assert.match(await gateway.logs(), /removed .*a part of an upload that was cut off/);
  });
  await t.step("one that has grown meanwhile stays", async () => {
    assert.equal(await post(growing, "a pack that is just being written"), 503);
    assert.equal(await read(growing), "a pack that");
  });
  await t.step("what is whole is refused and stays", async () => {
    assert.equal(await post(whole, "more than what was whole from the start"), 403);
    assert.equal(await read(whole), "whole from the start");
  });
});
