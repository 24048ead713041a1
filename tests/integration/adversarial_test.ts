import assert from "node:assert/strict";
import { ATTACKER, type Case, nameOf, OWN, stored, THEIRS, VICTIM } from "./adversarial/case.ts";
import { CONNECTIONS } from "./adversarial/connections.ts";
import { FRAMING } from "./adversarial/framing.ts";
import { HEADERS } from "./adversarial/headers.ts";
import { METHODS } from "./adversarial/methods.ts";
import { PATHS } from "./adversarial/paths.ts";
import { basic, fillCluster, NODE1, repositoryUrl, sha256 } from "./harness/cluster.ts";
import { startGateway } from "./harness/gateway.ts";
import { makeVolume } from "./harness/podman.ts";
import { startRedis } from "./harness/redis.ts";
import { request } from "./harness/request.ts";

const GROUPS: Readonly<Record<string, readonly Case[]>> = {
  paths: PATHS,
  methods: METHODS,
  framing: FRAMING,
  headers: HEADERS,
  connections: CONNECTIONS,
};
const PARALLEL = 24;
/** Longer than `timeout http-request` in base.cfg: whatever is not ended by then hangs. */
const LIMIT_MS = 20_000;
/** How long the sending side stays open behind the last byte, for who waits for more than was sent. */
const QUIET_MS = 1000;

const latin1 = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(text, (each) => each.charCodeAt(0));

/** Sends a case over a socket of its own; all that came back until the other side closed, as latin1. */
async function send({ bytes, pauseMs = 0, stay = false }: Case): Promise<string> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: 4694 });
  const ended = Promise.withResolvers<void>();
  let quiet: ReturnType<typeof setTimeout> | undefined;
  let hung = false;
  const timer = setTimeout(() => {
    hung = true;
    connection.close();
  }, LIMIT_MS);
  const sending = (async () => {
    for (const piece of typeof bytes === "string" ? [bytes] : bytes) {
      const all = latin1(piece);
      for (let sent = 0; sent < all.length;) sent += await connection.write(all.subarray(sent));
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    if (stay) return;
    // Not at once: with the sending side closed, what was sent last might not be looked at any more.
    await Promise.race([ended.promise, new Promise((resolve) => quiet = setTimeout(resolve, QUIET_MS))]);
    clearTimeout(quiet);
    await connection.closeWrite();
  })().catch(() => {/* the other side has closed: what it said is what counts */});
  let got = "";
  const buffer = new Uint8Array(65_536);
  try {
    for (;;) {
      const count = await connection.read(buffer);
      if (count === null) break;
      for (const byte of buffer.subarray(0, count)) got += String.fromCharCode(byte);
    }
  } catch (error) {
    // A reset is an end, too.
    if (hung) throw new Error(`the connection is still open after ${LIMIT_MS} ms; it said ${got}`);
    if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
  } finally {
    clearTimeout(timer);
    ended.resolve();
    if (!hung) connection.close();
    await sending;
  }
  return got;
}

/** The statuses of all answers on a connection. An answer's body is where a next one does not begin. */
function statuses(got: string): string {
  const found: string[] = [];
  let rest = got;
  while (rest !== "") {
    const head = /^HTTP\/1\.[01] ([0-9]{3})[^\r]*\r\n([^]*?\r\n)?\r\n/.exec(rest);
    assert(head !== null, `not an answer: ${JSON.stringify(rest.slice(0, 200))}`);
    const [whole, status = "", headers = ""] = head;
    rest = rest.slice(whole.length);
    if (status !== "100") found.push(status);
    const length = /^content-length: *([0-9]+)\r$/im.exec(headers)?.[1];
    if (rest.startsWith("HTTP/1.") || status === "100") continue; // an answer to HEAD has no body
    if (length !== undefined) rest = rest.slice(Number(length));
    else if (/^transfer-encoding: *chunked\r$/im.test(headers)) {
      for (let size = -1; size !== 0;) {
        const line = /^([0-9a-f]+)\r\n/i.exec(rest);
        assert(line !== null, `not a chunk: ${JSON.stringify(rest.slice(0, 200))}`);
        size = parseInt(line[1] ?? "", 16);
        rest = rest.slice(line[0].length + size + 2);
      }
    } else rest = "";
  }
  return found.join(" ");
}

/** What must never be in an answer to the attacker: contents and names of the victim's. */
const SECRETS = ["VICTIM", ...Object.keys(stored("VICTIM")).map((path) => path.split("/").at(-1) ?? "")]
  .filter((word) => word !== "config");

/** path below the folder -> SHA-256 of the file, "folder" of a folder */
async function tree(folder: string, below = ""): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const entry of Deno.readDir(`${folder}/${below}`)) {
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory) Object.assign(found, { [path]: "folder" }, await tree(folder, path));
    else found[path] = sha256(await Deno.readFile(`${folder}/${path}`));
  }
  return Object.fromEntries(Object.entries(found).sort());
}

Deno.test("nothing_a_module_sends_reads_or_changes_a_strangers_backup", async (t) => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  await using volume = await makeVolume("srv");
  await using gateway = await startGateway({ args: ["--volume", `${volume.name}:/srv/repo`] });
  for (const [as, whose] of [[VICTIM, "VICTIM"], [ATTACKER, "ATTACKER"]] as const) {
    const url = repositoryUrl(as);
    assert.equal((await request("POST", `${url}/?create=true`, { as, rest: false })).status, 200);
    for (const [path, body] of Object.entries(stored(whose))) {
      const answer = await request("POST", `${url}/${path}`, { as, body });
      assert.equal(answer.status, 200, `${path}: ${answer.text}`);
    }
    const manifest = await request("PUT", `${url}.json`, {
      as: NODE1,
      rest: false,
      body: `${whose}'s manifest`,
    });
    assert.equal(manifest.status, 201);
  }
  const before = await tree(await volume.path());
  const ofAttacker = (path: string): boolean => path.startsWith(`dokuwiki/${ATTACKER.uuid}/`);
  assert.equal(Object.keys(before).filter((path) => path.includes(VICTIM.uuid)).length, 14);

  await t.step("this client would see it: the victim's own request reads the victim's config", async () => {
    const bytes = `GET ${THEIRS}/config HTTP/1.1\r\nHost: x\r\nAuthorization: ${basic(VICTIM)}\r\n`;
    const got = await send({ name: "", bytes: `${bytes}\r\n${bytes}Connection: close\r\n\r\n`, answers: "" });
    assert.equal(statuses(got), "200 200", got);
    assert.equal(got.split("VICTIM's config").length, 3);
  });
  await t.step("there are at least 300 distinct requests", () => {
    const all = Object.values(GROUPS).flat();
    const distinct = new Set(all.map(({ bytes, stay }) => JSON.stringify([bytes, stay])));
    assert(distinct.size >= 300, `only ${distinct.size}`);
    assert.equal(distinct.size, all.length, "a request is in there twice");
    assert.equal(new Set(all.map(({ name }) => name)).size, all.length, "a name is in there twice");
    console.log(`${all.length} requests`);
  });
  for (const [group, cases] of Object.entries(GROUPS)) {
    await t.step(`each of the ${group} is refused`, async () => {
      const wrong: string[] = [];
      const queue = [...cases];
      await Promise.all(Array.from({ length: PARALLEL }, async () => {
        for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
          const { name, answers } = next;
          try {
            const got = await send(next);
            const leaked = SECRETS.find((secret) => got.includes(secret));
            if (leaked !== undefined) wrong.push(`${name}: THE ANSWER HOLDS ${leaked}: ${got}`);
            // Too many wrong secrets for one user are slowed down and end in 429.
            const said = statuses(got).replaceAll("429", "401");
            if (!answers.split("|").includes(said)) wrong.push(`${name}: "${said}", and not "${answers}"`);
          } catch (error) {
            wrong.push(`${name}: ${(error as Error).message}`);
          }
        }
      }));
      assert.deepEqual(wrong, []);
    });
  }
  await t.step("the victim's repository, and all else that is not the attacker's, is as it was", async () => {
    const after = await tree(await volume.path());
    const others = (all: Record<string, string>): [string, string][] =>
      Object.entries(all).filter(([path]) => !ofAttacker(path));
    assert.deepEqual(others(after), others(before));
  });
  await t.step("what the attacker had stored, its config first, is as it was", async () => {
    const after = await tree(await volume.path());
    for (const [path, digest] of Object.entries(before).filter(([path]) => ofAttacker(path))) {
      assert.equal(after[path], digest, path);
    }
    assert(`dokuwiki/${ATTACKER.uuid}/config` in after);
    assert.equal(OWN.split("/").at(-1), ATTACKER.uuid);
  });
  await t.step("the gateway serves as before", async () => {
    const answer = await request("GET", `${repositoryUrl(VICTIM)}/keys/${nameOf("keys")}`, { as: VICTIM });
    assert.deepEqual([answer.status, answer.text], [200, "VICTIM's keys"]);
    assert.doesNotMatch(await gateway.logs(), /Cannot decide a request|runtime error|panic/i);
  });
});
