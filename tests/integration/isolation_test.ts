// slow
import assert from "node:assert/strict";
import { basic, DOKUWIKI1, fillCluster, NODE1, repositoryUrl, sha256 } from "./harness/cluster.ts";
import {
  announce,
  type RawDestination,
  removeDestination,
  storeDestination,
} from "./harness/destinations.ts";
import { eventually } from "./harness/eventually.ts";
import { GATEWAY, HEALTH, startGateway } from "./harness/gateway.ts";
import { type Spread, spread, timed } from "./harness/latency.ts";
import { makeFolder, run } from "./harness/podman.ts";
import { startRedis } from "./harness/redis.ts";
import { request } from "./harness/request.ts";
import { configuration } from "./harness/storage/rclone.ts";
import { startSftp } from "./harness/storage/sftp.ts";
import { startSilent } from "./harness/storage/silent.ts";
import { randomBytes } from "./harness/tree.ts";

const HEALTHY = 18;
/** So many undisturbed and so many disturbed rounds, by turns. */
const ROUNDS = 5;
const CLIENTS = 6;
const GETS = 400;
const TRANSFERS = 3;
const TRANSFER_BYTES = 16 * 1024 * 1024;
/** Of each of the two bad ones. */
const HAMMERS = 40;
/** As a client pauses that was told to try again, and far more impatient. */
const HAMMER_PAUSE_MS = 100;
/** Longer than any pause before another start is tried. */
const BACK_WITHIN_MS = 120_000;

const ID = (number: number): string => `5a1c2d3e-0000-4000-8000-0000000004${String(number).padStart(2, "0")}`;
const DEAD = ID(90);
const HANGING = ID(91);
const UNREADABLE = ID(92);
const ADDED = ID(93);

Deno.test("a_dead_a_hanging_and_an_unreadable_destination_harm_no_other", async (t) => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  await using sftp = await startSftp();
  await using silent = startSilent();
  using disk = makeFolder();
  const local = (id: string): RawDestination => {
    Deno.mkdirSync(`${disk.path}/${id}`);
    Deno.writeTextFileSync(`${disk.path}/${id}/there`, id);
    return { id, name: `local ${id}`, section: `[${id}]\ntype = local\n`, basepath: `/disk/${id}` };
  };
  const healthy = Array.from({ length: HEALTHY }, (_, number) => local(ID(number)));
  const added = local(ADDED);
  Deno.writeTextFileSync(`${sftp.folder}/files/there`, DEAD);
  Deno.chmodSync(`${sftp.folder}/files/there`, 0o644);
  const bad: RawDestination[] = [
    { id: DEAD, name: "dead", section: await configuration(sftp), basepath: sftp.path },
    { id: HANGING, name: "hanging", section: await configuration(sftp.at(silent)), basepath: sftp.path },
    { id: UNREADABLE, name: "unreadable", section: "[unreadable]\nthis is no parameter\n", basepath: "" },
  ];
  for (const each of [...healthy, ...bad]) await storeDestination(redis.client, each);
  await run("chown", ["-R", "4694:4694", disk.path]);
  await sftp.kill();
  // Not ready as long as one is not served, and that is right.
  await using _gateway = await startGateway({ args: ["--volume", `${disk.path}:/disk`], ready: false });
  const ids = healthy.map(({ id }) => id);
  for (const id of ids) {
    await eventually("it is served", async () => (await get(id)).text === id);
    await request("POST", `${repositoryUrl(DOKUWIKI1, id)}/?create=true`, { as: NODE1, rest: false });
    await request("GET", `${repositoryUrl(DOKUWIKI1, id)}/config`, { as: NODE1 });
  }

  const undisturbed: Round[] = [];
  const disturbed: Round[] = [];
  const answers = { dead: new Answers(), hanging: new Answers() };
  const table: Record<string, unknown>[] = [];
  const tell = (kind: string, { gets, upload, download }: Round): void => {
    table.push({ kind, ...rounded(gets), uploadMs: Math.round(upload), downloadMs: Math.round(download) });
  };
  for (let round = 0; round < ROUNDS; round++) {
    undisturbed.push(await measure(ids));
    tell("undisturbed", undisturbed.at(-1) as Round);
    const hammering = new AbortController();
    const hammers = [
      ...Array.from({ length: HAMMERS }, () => hammer(DEAD, answers.dead, hammering.signal)),
      ...Array.from({ length: HAMMERS }, () => hammer(HANGING, answers.hanging, hammering.signal)),
    ];
    disturbed.push(await measure(ids));
    hammering.abort();
    await Promise.all(hammers);
    tell("disturbed", disturbed.at(-1) as Round);
  }
  console.table(table);
  console.log("dead:", answers.dead.statuses, "hanging:", answers.hanging.statuses);

  await t.step("the others are as fast as without the two, and none of their requests fails or waits", () => {
    const before = spread(undisturbed.flatMap(({ times }) => times));
    const during = spread(disturbed.flatMap(({ times }) => times));
    console.table({ undisturbed: rounded(before), disturbed: rounded(during) });
    assert.deepEqual([...undisturbed, ...disturbed].flatMap(({ wrong }) => wrong), []);
    assert.ok(during.median < 3 * before.median, "the median of small requests");
    for (const what of ["upload", "download"] as const) {
      const medianOf = (rounds: readonly Round[]): number =>
        spread(rounds.map((round) => round[what])).median;
      assert.ok(medianOf(disturbed) < 3 * medianOf(undisturbed), `the median time of an ${what}`);
    }
  });
  await t.step("who asks for the dead one is told why, and when to try again", () => {
    assert.deepEqual(answers.dead.wrong, []);
    assert.ok((answers.dead.statuses["503"] ?? 0) > HAMMERS);
  });
  await t.step("who asks for the hanging one is told that it fails, if anything", () => {
    assert.deepEqual(answers.hanging.wrong, []);
    assert.ok(silent.connections > 0);
  });
  await t.step("the status says which two are failing, which is set aside, and why", async () => {
    await eventually("the start of the hanging one is given up", async () => {
      await get(HANGING);
      return (await stateOf(HANGING))?.state === "failing";
    }, 150_000);
    const failing = (await destinations()).filter(({ state }) =>
      state === "failing" || state === "not-served"
    );
    assert.deepEqual(failing.map(({ id, state }) => [id, state]), [
      [DEAD, "failing"],
      [HANGING, "failing"],
      [UNREADABLE, "not-served"],
    ]);
    const reasons = failing.map(({ because }) => because ?? "");
    console.log(reasons);
    assert.match(reasons[0] ?? "", /connection refused/);
    assert.match(reasons[1] ?? "", /no answer|timeout/);
    assert.match(reasons[2] ?? "", /its rclone configuration cannot be used: .*line 2 is not "key = value"/);
  });
  await t.step("the unreadable one is a 503 with the reason, and its neighbours are served", async () => {
    const answer = await get(UNREADABLE);
    assert.deepEqual([answer.status, answer.headers.has("retry-after")], [503, true]);
    assert.match(answer.text, /line 2 is not "key = value"/);
    for (const id of ids) assert.equal((await get(id)).text, id);
  });
  await t.step(
    "changes do not wait for the hanging one, even when it is removed while it is being started",
    async () => {
      let answered = false;
      const waiting = await eventually("a request waits for its start", async () => {
        answered = false;
        const request = get(HANGING).finally(() => answered = true);
        await new Promise((resolve) => setTimeout(resolve, 2000));
        return answered ? undefined : { request };
      }, 90_000);
      await removeDestination(redis.client, HANGING);
      await announce(redis.client, HANGING);
      // One that comes before the removal is in force waits, too.
      await eventually("it is not known", async () => (await get(HANGING, 1000)).status === 403, 50_000);
      await storeDestination(redis.client, added);
      await announce(redis.client, added.id);
      await eventually("another is served", async () => (await get(added.id)).text === added.id, 50_000);
      assert.ok(!answered, "the changes were in force only after the start of the hanging one was given up");
      assert.ok([502, 503, 504].includes((await waiting.request).status));
    },
  );
  await t.step("the dead one serves by itself once its server is back", async () => {
    // Its pause begins again.
    assert.equal((await get(DEAD)).status, 503);
    await sftp.start();
    const took = await timed(() =>
      eventually("it serves", async () => (await get(DEAD)).text === DEAD, BACK_WITHIN_MS)
    );
    console.log(`the dead one was served again after ${Math.round(took / 1000)} s`);
    assert.equal((await stateOf(DEAD))?.state, "serving");
  });
  await t.step(
    "what it cannot be asked for when it dies while it is served is a 502, and never a 404",
    async () => {
      const repository = repositoryUrl(DOKUWIKI1, DEAD);
      const requests: [method: string, url: string, options: Parameters<typeof request>[2]][] = [
        ["GET", `${repository}/config`, {}],
        ["GET", `${repository}/data/`, {}],
        ["POST", `${repository}/data/${sha256("x")}`, { body: "x" }],
        ["GET", `${GATEWAY}/${DEAD}/there`, { rest: false }],
        ["HEAD", `${GATEWAY}/${DEAD}/there`, { rest: false }],
        ["PUT", `${GATEWAY}/${DEAD}/new`, { rest: false, body: "new" }],
        ["PROPFIND", `${GATEWAY}/${DEAD}/there`, { rest: false, headers: { depth: "0" } }],
        ["PROPFIND", `${GATEWAY}/${DEAD}/dokuwiki/`, { rest: false, headers: { depth: "1" } }],
      ];
      assert.equal((await request("GET", `${repository}/config`, { as: NODE1 })).status, 404);
      for (
        const [method, path] of [["GET", "missing"], ["PROPFIND", "missing"], ["DELETE", "missing"]] as const
      ) {
        const url = `${GATEWAY}/${DEAD}/${path}`;
        assert.equal((await request(method, url, { as: NODE1, rest: false })).status, 404, method);
      }
      await sftp.kill();
      for (const [method, url, options] of requests) {
        const answer = await request(method, url, { as: NODE1, ...options });
        assert.deepEqual([answer.status, answer.headers.get("retry-after")], [502, "5"], `${method} ${url}`);
      }
      for (const id of ids) assert.equal((await get(id)).text, id);
      await eventually("the status says so", async () => (await stateOf(DEAD))?.state === "failing");
      assert.match((await stateOf(DEAD))?.because ?? "", /its storage fails requests/);
      await sftp.start();
      assert.equal((await get(DEAD)).text, DEAD);
      await eventually(
        "and that it answers again, used or not",
        async () => (await stateOf(DEAD))?.state === "serving",
        70_000,
      );
    },
  );
});

/** What one round has measured; times in milliseconds. */
type Round = {
  readonly times: readonly number[];
  readonly gets: Spread;
  /** of all uploads together */
  readonly upload: number;
  readonly download: number;
  readonly wrong: readonly string[];
};

/** Small requests of several clients to all, then uploads and downloads to and from a few. */
async function measure(ids: readonly string[]): Promise<Round> {
  const times: number[] = [];
  const wrong: string[] = [];
  const note = async (what: string, expected: string, one: () => Promise<string>): Promise<number> => {
    let said = "";
    const took = await timed(async () => said = await one().catch((error) => (error as Error).message));
    if (said !== expected) wrong.push(`${what}: ${said.slice(0, 200)}`);
    return took;
  };
  await Promise.all(
    Array.from({ length: CLIENTS }, async (_, client) => {
      for (let number = 0; number < GETS; number++) {
        const id = ids[(client * 7 + number) % ids.length] ?? "";
        const took = await note(id, `200 ${id}`, async () => {
          const { status, text } = await get(id);
          return `${status} ${text}`;
        });
        times.push(took);
        if (took > 5000) wrong.push(`${id}: ${took} ms`);
      }
    }),
  );
  const objects = ids.slice(0, TRANSFERS).map((id) => {
    const content = randomBytes(TRANSFER_BYTES);
    return { content, url: `${repositoryUrl(DOKUWIKI1, id)}/data/${sha256(content)}` };
  });
  const upload = await timed(() =>
    Promise.all(
      objects.map(({ url, content }) =>
        note(
          url,
          "200",
          async () => String((await request("POST", url, { as: NODE1, body: content })).status),
        )
      ),
    )
  );
  const download = await timed(() =>
    Promise.all(objects.map(({ url }) => note(url, `200 ${TRANSFER_BYTES}`, () => read(url))))
  );
  for (const { url } of objects) await request("DELETE", url, { as: NODE1 });
  return { times, gets: spread(times), upload, download, wrong };
}

/** The status, and how many bytes came. */
async function read(url: string): Promise<string> {
  const response = await fetch(url, {
    headers: { authorization: basic(NODE1), accept: "application/vnd.x.restic.rest.v2" },
    signal: AbortSignal.timeout(60_000),
  });
  return `${response.status} ${(await response.arrayBuffer()).byteLength}`;
}

function get(id: string, timeoutMs = 150_000): ReturnType<typeof request> {
  return request("GET", `${GATEWAY}/${id}/there`, { as: NODE1, rest: false, timeoutMs });
}

/** What came of requests to a bad destination. */
class Answers {
  readonly statuses: Record<string, number> = {};
  readonly wrong: string[] = [];
}

/** Asks for it again and again until it is told to stop. */
async function hammer(id: string, answers: Answers, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const response = await fetch(`${GATEWAY}/${id}/there`, {
        headers: { authorization: basic(NODE1) },
        signal,
      });
      const text = await response.text();
      answers.statuses[response.status] = (answers.statuses[response.status] ?? 0) + 1;
      const told = text.startsWith(`destination ${id}: `) && response.headers.has("retry-after");
      if (response.status !== 503 || !told) answers.wrong.push(`${response.status} ${text}`);
    } catch (error) {
      if (!signal.aborted) answers.wrong.push((error as Error).message);
    }
    await new Promise((resolve) => setTimeout(resolve, HAMMER_PAUSE_MS));
  }
}

type Known = { readonly id: string; readonly state: string; readonly because?: string };

async function destinations(): Promise<Known[]> {
  return (await (await fetch(`${HEALTH}/status`)).json()).destinations;
}

async function stateOf(id: string): Promise<Known | undefined> {
  return (await destinations()).find((each) => each.id === id);
}

function rounded({ count, median, p99, longest }: Spread): Record<string, number> {
  const two = (ms: number): number => Math.round(ms * 100) / 100;
  return { count, medianMs: two(median), p99Ms: two(p99), longestMs: two(longest) };
}
