import assert from "node:assert/strict";
import { parseTarget, restRequest } from "../../../authz/target.ts";
import { FactsUnavailable } from "../../../authz/vouching.ts";
import { knownNow, witness } from "../../../authz/witness.ts";
import { formatLockRecord } from "../../../gateway/domain/lock.ts";
import { identity, objectName, uuid } from "../given.ts";
import { repositoryFolder } from "../gateway/rclone/repository_folder.ts";

const NAME = objectName("ab");
const REPOSITORY = `${uuid("d")}/dokuwiki/${uuid("a")}`;
const asks = (method: string, path = `locks/${NAME}`) =>
  parseTarget(restRequest(method, `/${REPOSITORY}/${path}`));

Deno.test("a_locks_owner_is_what_stands_on_record", async () => {
  await using folder = await repositoryFolder();
  const { knows } = witness(folder.path);
  assert.equal((await knows(asks("DELETE"))).lockOwner, undefined, "nothing on record");
  const record = formatLockRecord({ owner: "module/dokuwiki2", right: "restore-grant" });
  await folder.write(`${REPOSITORY}/${NAME}`, record);
  assert.equal((await knows(asks("DELETE"))).lockOwner, "module/dokuwiki2");
  assert.equal((await knows(asks("POST"))).lockOwner, undefined, "only a removal asks for it");
  assert.equal((await knows(asks("DELETE", `locks/${objectName("cd")}`))).lockOwner, undefined);
});

Deno.test("a_record_that_cannot_be_read_is_no_answer", async () => {
  await using folder = await repositoryFolder();
  await folder.write(`${REPOSITORY}/${NAME}`, "own-repo");
  await assert.rejects(witness(folder.path).knows(asks("DELETE")), FactsUnavailable);
  await Deno.remove(`${folder.path}/${REPOSITORY}/${NAME}`);
  await Deno.mkdir(`${folder.path}/${REPOSITORY}/${NAME}`, { recursive: true });
  await assert.rejects(witness(folder.path).knows(asks("DELETE")), FactsUnavailable);
});

Deno.test("a_nodes_prune_is_known_to_who_writes_there", async () => {
  await using folder = await repositoryFolder();
  const seen = witness(folder.path);
  seen.saw(identity("node/1"), asks("DELETE", `data/${NAME}`));
  assert.equal((await seen.knows(asks("POST", `data/${NAME}`))).pruneRunning, true);
  assert.equal((await seen.knows(parseTarget(restRequest("POST", "/x")))).pruneRunning, false);
});

Deno.test("an_owner_that_is_no_more_is_none", async () => {
  const known = { lockOwner: "module/dokuwiki2", pruneRunning: true };
  const account = { enabled: false, digests: [] };
  assert.deepEqual(await knownNow(known, { account: () => Promise.resolve(account) }), known);
  assert.deepEqual(await knownNow(known, { account: () => Promise.resolve(undefined) }), {
    lockOwner: undefined,
    pruneRunning: true,
  });
});
