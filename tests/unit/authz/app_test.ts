import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { authzApp } from "../../../authz/app.ts";
import type { Facts } from "../../../authz/facts.ts";
import { FactsUnavailable } from "../../../authz/vouching.ts";
import { BLIND, type Witness } from "../../../authz/witness.ts";
import type { ReplicaStatus } from "../../../gateway/domain/replica.ts";
import { repository, uuid } from "../given.ts";

const SECRET = "correct horse battery staple";
const OWN = `/${uuid("d")}/dokuwiki/${uuid("a")}`;
const account = (enabled = true): Awaited<ReturnType<Facts["account"]>> => ({
  enabled,
  digests: [createHash("sha256").update(SECRET).digest()],
});

/** Facts of one module and one node; `change` makes some of them fail. */
function facts(change: Partial<Facts> = {}): Facts {
  return {
    account: (name) => Promise.resolve(["module/dokuwiki1", "node/1"].includes(name) ? account() : undefined),
    nodes: () => Promise.resolve(["1"]),
    generation: () => 0,
    settled: () => Promise.resolve(),
    grants: () => Promise.resolve({ own: repository("dokuwiki", uuid("a")), restore: undefined }),
    ...change,
  };
}

type Asked = { verdict: string | null; status: string | null; reason: string | null; headers: Headers };

async function ask(
  given: {
    facts?: Facts;
    user?: string;
    secret?: string;
    method?: string;
    target?: string;
    report?: string[];
    witness?: Witness;
    renew?: () => Promise<void>;
  },
): Promise<Asked> {
  const { user = "module/dokuwiki1", secret = SECRET, method = "POST", target = `${OWN}/config` } = given;
  const app = authzApp({
    facts: given.facts ?? facts(),
    report: (trouble) => given.report?.push(trouble),
    ...(given.witness === undefined ? {} : { witness: given.witness }),
    ...(given.renew === undefined ? {} : { renew: given.renew }),
    pause: () => Promise.resolve(),
  });
  const response = await app.request("/decide", {
    headers: {
      "x-gateway-id": "42",
      "x-gateway-method": method,
      "x-gateway-target": target,
      "x-gateway-source": "127.0.0.1",
      "x-gateway-accept": "application/vnd.x.restic.rest.v2",
      ...(user === "" ? {} : {
        "x-gateway-authorization": `Basic ${Buffer.from(`${user}:${secret}`).toString("base64")}`,
      }),
    },
  });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("x-gateway-id"), "42");
  const get = (name: string): string | null => response.headers.get(`x-gateway-${name}`);
  return { verdict: get("verdict"), status: get("status"), reason: get("reason"), headers: response.headers };
}

Deno.test("a_yes_carries_destination_and_server", async () => {
  const { verdict, reason, headers } = await ask({});
  assert.deepEqual([verdict, reason], ["yes", "own-repository"]);
  assert.equal(headers.get("x-gateway-server"), "rest-append");
  assert.equal(headers.get("x-gateway-destination"), uuid("d"));
  assert.equal(headers.get("x-gateway-status"), null);
});

Deno.test("yes_and_no_alike_follow_from_what_redis_held_when_it_was_asked", async (test) => {
  const cases: [name: string, before: boolean, after: boolean, verdict: string][] = [
    ["revoked_a_moment_ago", true, false, "no"],
    ["enabled_a_moment_ago", false, true, "yes"],
  ];
  for (const [name, before, after, expected] of cases) {
    await test.step(name, async () => {
      let known = { enabled: before, generation: 1 };
      const given = facts({
        settled: () => {
          known = { enabled: after, generation: 2 };
          return Promise.resolve();
        },
        account: () => Promise.resolve(account(known.enabled)),
        generation: () => known.generation,
      });
      const { verdict, headers } = await ask({
        facts: given,
        method: "GET",
        target: `${OWN}/data/${"0".repeat(64)}`,
      });
      assert.equal(verdict, expected);
      if (expected === "yes") assert.equal(headers.get("x-gateway-generation"), "2");
    });
  }
});

Deno.test("what_cannot_be_settled_is_not_decided", async () => {
  const settled = (): Promise<never> => Promise.reject(new FactsUnavailable("away"));
  const { verdict, status } = await ask({ facts: facts({ settled }) });
  assert.deepEqual([verdict, status], ["no", "503"]);
});

Deno.test("a_node_needs_no_grants", async () => {
  const never: Facts["grants"] = () => Promise.reject(new Error("asked for the grants of a node"));
  const { verdict, headers } = await ask({
    user: "node/1",
    method: "DELETE",
    facts: facts({ grants: never }),
  });
  assert.equal(verdict, "yes");
  assert.equal(headers.get("x-gateway-server"), "rest-full");
});

Deno.test("a_no_has_the_status_of_its_reason", async (test) => {
  const unavailable = (): Promise<never> => Promise.reject(new FactsUnavailable("away"));
  const cases: [name: string, given: Parameters<typeof ask>[0], status: string, reason: string][] = [
    ["no_credentials", { user: "" }, "401", "credentials-missing"],
    ["unknown_user", { user: "module/dokuwiki2" }, "401", "identity-unknown"],
    ["wrong_secret", { secret: "x" }, "401", "secret-wrong"],
    [
      "disabled",
      { facts: facts({ account: () => Promise.resolve(account(false)) }) },
      "401",
      "identity-disabled",
    ],
    ["wrong_secret_before_bad_path", { secret: "x", target: "/../" }, "401", "secret-wrong"],
    [
      "grant_unknown",
      {
        method: "GET",
        target: `/${uuid("d")}/dokuwiki/${uuid("b")}/config`,
        facts: facts({
          grants: () => Promise.resolve({ own: repository("dokuwiki", uuid("a")), restore: "unknown" }),
        }),
      },
      "503",
      "grants-outdated",
    ],
    ["bad_path", { target: `${OWN}/../config` }, "403", "target-ambiguous"],
    ["foreign", { target: `${OWN.replace("dokuwiki", "nextcloud")}/config` }, "403", "not-own-repository"],
    ["accounts_unavailable", { facts: facts({ account: unavailable }) }, "503", "facts-unavailable"],
    ["grants_unavailable", { facts: facts({ grants: unavailable }) }, "503", "facts-unavailable"],
    [
      "unknown_user_while_unavailable",
      { user: "module/x1", facts: facts({ account: unavailable }) },
      "503",
      "facts-unavailable",
    ],
  ];
  for (const [name, given, status, reason] of cases) {
    await test.step(name, async () => {
      const report: string[] = [];
      const asked = await ask({ ...given, report });
      assert.deepEqual([asked.verdict, asked.status, asked.reason], ["no", status, reason]);
      assert.equal(asked.headers.get("x-gateway-server"), null);
      assert.deepEqual(report, [], "nothing to report");
    });
  }
});

Deno.test("an_error_is_a_503_and_is_reported_without_the_secret", async () => {
  const report: string[] = [];
  const broken: Facts["grants"] = () => Promise.reject(new TypeError("x is not a function"));
  const { verdict, status } = await ask({ facts: facts({ grants: broken }), report });
  assert.deepEqual([verdict, status], ["no", "503"]);
  assert.equal(report.length, 1);
  assert.match(report[0] ?? "", /x is not a function/);
  assert.doesNotMatch(report[0] ?? "", new RegExp(SECRET));
});

Deno.test("who_does_not_log_in_costs_no_question_about_grants", async () => {
  let asked = 0;
  const counting: Facts["grants"] = () => Promise.reject(new Error(String(++asked)));
  await ask({ secret: "x", facts: facts({ grants: counting }) });
  assert.equal(asked, 0);
});

Deno.test("what_is_not_a_question_gets_no_verdict", async () => {
  const app = authzApp({ facts: facts() });
  const lacking = await app.request("/decide", { headers: { "x-gateway-id": "42" } });
  assert.equal(lacking.status, 400);
  for (
    const [path, method] of [["/", "GET"], ["/decide", "POST"], ["/decide/", "GET"], [
      "/Decide",
      "GET",
    ]] as const
  ) {
    const response = await app.request(path, { method });
    assert.equal(response.status, 404, path);
    assert.equal(response.headers.get("x-gateway-verdict"), null);
  }
});

Deno.test("readyz_says_why_it_could_not_decide", async () => {
  let trouble: string | undefined = "Redis: silent";
  const app = authzApp({ facts: facts(), trouble: () => trouble });
  const away = await app.request("/readyz");
  assert.deepEqual([away.status, await away.text()], [503, "Redis: silent"]);
  trouble = undefined;
  assert.equal((await app.request("/readyz")).status, 200);
});

Deno.test("replica_tells_how_what_is_read_stands_to_the_leader", async () => {
  const told: ReplicaStatus = { role: "leader", maxSeconds: 30, restoreGrants: "in-force" };
  const response = await authzApp({ facts: facts(), replica: () => told }).request("/replica");
  assert.deepEqual([response.status, await response.json()], [200, told]);
});

Deno.test("what_changes_how_others_are_judged_is_answered_only_when_haproxy_has_forgotten", async () => {
  const target = `${OWN}/data/${"0".repeat(64)}`;
  for (const begins of [true, false]) {
    const happened: string[] = [];
    const witness: Witness = {
      ...BLIND,
      saw: () => {
        happened.push("seen");
        return begins;
      },
    };
    const renew = async (): Promise<void> => {
      happened.push("renewed");
      await new Promise((resolve) => setTimeout(resolve, 5));
      happened.push("told");
    };
    const { verdict } = await ask({ user: "node/1", method: "DELETE", target, witness, renew });
    assert.equal(verdict, "yes");
    assert.deepEqual(happened, begins ? ["seen", "renewed", "told"] : ["seen"]);
  }
});

Deno.test("of_several_removals_at_once_none_goes_ahead_of_the_one_with_which_a_prune_begins", async () => {
  const happened: string[] = [];
  let seen = 0;
  const app = authzApp({
    facts: facts(),
    witness: { ...BLIND, saw: () => ++seen === 1 },
    renew: async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      happened.push("forgotten");
    },
  });
  const remove = async (digit: string): Promise<void> => {
    const response = await app.request("/decide", {
      headers: {
        "x-gateway-id": digit,
        "x-gateway-method": "DELETE",
        "x-gateway-target": `${OWN}/data/${digit.repeat(64)}`,
        "x-gateway-source": "127.0.0.1",
        "x-gateway-accept": "application/vnd.x.restic.rest.v2",
        "x-gateway-authorization": `Basic ${Buffer.from(`node/1:${SECRET}`).toString("base64")}`,
      },
    });
    assert.equal(response.headers.get("x-gateway-verdict"), "yes");
    happened.push(digit);
  };
  await Promise.all(["1", "2", "3"].map(remove));
  assert.equal(happened[0], "forgotten");
  assert.equal(happened.length, 4);
});
