import assert from "node:assert/strict";
import { DOKUWIKI1, fillCluster, NODE1, repositoryUrl } from "./harness/cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { startGateway } from "./harness/gateway.ts";
import { makeVolume } from "./harness/podman.ts";
import { startRedis } from "./harness/redis.ts";
import { request } from "./harness/request.ts";

const GARBAGE = new URL("harness/garbage_sidecar.js", import.meta.url).pathname;
const KINDS = [
  "not_http",
  "nothing_and_closed",
  "no_verdict",
  "the_answer_to_another_question",
  "a_yes_without_a_place",
  "a_yes_with_status_500",
  "a_yes_in_capitals",
  "a_yes_without_a_server",
  "a_server_that_is_none",
  "headers_without_end",
  "a_no_that_says_where_to",
  "silence",
  "a_part_of_an_answer",
  "a_destination_that_is_none",
  "a_status_that_is_none",
] as const;

Deno.test("a_sidecar_that_answers_garbage_lets_nobody_in", async (t) => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  await using volume = await makeVolume("srv");
  const args = ["--volume", `${volume.name}:/srv/repo`];
  const repository = repositoryUrl(DOKUWIKI1);
  const object = (kind: number): string => kind.toString(16).padStart(2, "0").padEnd(64, "5");
  {
    await using _gateway = await startGateway({ args });
    await request("POST", `${repository}/?create=true`, { as: DOKUWIKI1, rest: false });
    for (const index of KINDS.keys()) {
      const url = `${repository}/data/${object(index)}`;
      assert.equal((await request("POST", url, { as: NODE1, body: "precious" })).status, 200);
    }
  }
  await using _gateway = await startGateway({
    args: [...args, "--volume", `${GARBAGE}:/opt/rclone-gateway/bundles/authz/main.js:ro`],
    ready: false,
  });
  await eventually("HAProxy has read the destinations", async () => {
    const answer = await request("GET", `${repository}/data/${object(13)}`, { as: NODE1 });
    return answer.status === 403 && /not known/.test(answer.text);
  });
  for (const [index, kind] of KINDS.entries()) {
    await t.step(kind, async () => {
      for (const method of ["GET", "DELETE", "POST"]) {
        const answer = await request(method, `${repository}/data/${object(index)}`, {
          as: NODE1,
          ...(method === "POST" ? { body: "other" } : {}),
        });
        // A destination that is none is not known, whoever says it.
        const expected = kind === "a_destination_that_is_none" ? 403 : 503;
        assert.equal(answer.status, expected, `${method}: ${answer.text}`);
        assert.doesNotMatch(answer.text, /precious/);
      }
    });
  }
  const folder = `${await volume.path()}/dokuwiki/${DOKUWIKI1.uuid}/data`;
  for (const index of KINDS.keys()) {
    const name = object(index);
    assert.equal(await Deno.readTextFile(`${folder}/${name.slice(0, 2)}/${name}`), "precious");
  }
});
