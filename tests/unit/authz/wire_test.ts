import assert from "node:assert/strict";
import { answer, QUESTION, readQuestion } from "../../../authz/wire.ts";
import { type Decision, deny } from "../../../gateway/domain/decision.ts";
import { uuid } from "../given.ts";

const LUA = await Deno.readTextFile(new URL("../../../gateway/haproxy/authz.lua", import.meta.url));

const ALLOWED: Decision = {
  allow: true,
  reason: "own-repository",
  to: { kind: "rclone", destination: uuid("d"), server: "rest-append" },
};
const ALLOWED_ROOT: Decision = { allow: true, reason: "list-destinations", to: { kind: "root" } };

const sorted = (names: Iterable<string>): string[] => [...new Set(names)].sort();

/** Names that the Lua file puts into a question: those written out, and those made from the list of carried headers. */
function askedInLua(): string[] {
  const carried = /CARRIED = \{([^}]*)\}/.exec(LUA)?.[1] ?? "";
  assert.match(LUA, /question\["x-gateway-" \.\. name\] = \{ table\.concat\(carried, ", "\) \}/);
  return sorted([
    ...[...LUA.matchAll(/\["(x-gateway-[a-z-]+)"\] = \{/g)].map(([, name = ""]) => name),
    ...[...carried.matchAll(/"([a-z-]+)"/g)].map(([, name]) => `x-gateway-${name}`),
  ]);
}

/** Names that the Lua file takes from an answer. */
function answeredInLua(): string[] {
  return sorted([...LUA.matchAll(/first\(response, "(x-gateway-[a-z-]+)"\)/g)].map(([, name = ""]) => name));
}

Deno.test("lua_asks_with_exactly_these_headers", () => {
  assert.deepEqual(askedInLua(), sorted(Object.values(QUESTION)));
});

Deno.test("lua_reads_exactly_these_headers", () => {
  const holding = { holds: { kind: "read" as const, repository: "/a/b/c" }, generation: 1 };
  const written = [ALLOWED, ALLOWED_ROOT, deny("secret-wrong")].flatMap((decision) =>
    [...answer("1", decision, "x", holding).headers.keys()].filter((name) => name.startsWith("x-gateway-"))
  );
  assert.deepEqual(answeredInLua(), sorted(written));
});

Deno.test("lua_knows_no_other_header_of_the_contract", () => {
  const named = [...LUA.matchAll(/x-gateway-[a-z-]*/g)].map(([name]) => name).filter((name) =>
    name !== "x-gateway-"
  );
  const known = [...askedInLua(), ...answeredInLua()];
  assert.deepEqual(sorted(named).filter((name) => !known.includes(name)), []);
});

const FULL = {
  "x-gateway-id": "7f",
  "x-gateway-method": "PROPFIND",
  "x-gateway-target": "/x?y=%2f",
  "x-gateway-source": "10.5.4.1",
  "x-gateway-authorization": "Basic abc",
  "x-gateway-accept": "a, b",
  "x-gateway-depth": "1",
  "x-gateway-destination": "http://x/",
  "x-gateway-content-length": "17",
};

Deno.test("a_question_is_read_as_it_was_asked", () => {
  assert.deepEqual(readQuestion(new Headers(FULL)), {
    id: "7f",
    source: "10.5.4.1",
    authorization: "Basic abc",
    request: {
      method: "PROPFIND",
      target: "/x?y=%2f",
      accept: "a, b",
      depth: "1",
      destination: "http://x/",
      length: "17",
    },
  });
});

Deno.test("a_header_that_did_not_come_is_undefined_and_an_empty_one_is_empty", () => {
  const {
    "x-gateway-id": id,
    "x-gateway-method": method,
    "x-gateway-target": target,
    "x-gateway-source": source,
  } = FULL;
  const least = {
    "x-gateway-id": id,
    "x-gateway-method": method,
    "x-gateway-target": target,
    "x-gateway-source": source,
  };
  assert.deepEqual(readQuestion(new Headers(least))?.request, {
    method,
    target,
    accept: undefined,
    depth: undefined,
    destination: undefined,
    length: undefined,
  });
  const empty = readQuestion(new Headers({ ...least, "x-gateway-destination": "", "x-gateway-depth": "" }));
  assert.equal(empty?.request.destination, "");
  assert.equal(empty?.request.depth, "");
});

Deno.test("several_values_of_a_header_arrive_together", () => {
  const headers = new Headers(FULL);
  headers.append("x-gateway-depth", "0");
  headers.append("x-gateway-authorization", "Basic def");
  const question = readQuestion(headers);
  assert.equal(question?.request.depth, "1, 0");
  assert.equal(question?.authorization, "Basic abc, Basic def");
});

Deno.test("a_question_without_a_part_is_none", async (test) => {
  for (const name of ["id", "method", "target", "source"] as const) {
    await test.step(name, () => {
      const headers = new Headers(FULL);
      headers.delete(QUESTION[name]);
      assert.equal(readQuestion(headers), undefined);
    });
  }
});

Deno.test("an_answer_says_yes_only_for_an_allowed_request", () => {
  const headers = (decision: Decision): Record<string, string> =>
    Object.fromEntries(answer("7f", decision, "why").headers);
  assert.deepEqual(headers(ALLOWED), {
    "x-gateway-id": "7f",
    "x-gateway-verdict": "yes",
    "x-gateway-identity": "",
    "x-gateway-lookup": "no",
    "x-gateway-reason": "own-repository",
    "x-gateway-server": "rest-append",
    "x-gateway-destination": uuid("d"),
  });
  assert.deepEqual(headers(ALLOWED_ROOT), {
    "x-gateway-id": "7f",
    "x-gateway-verdict": "yes",
    "x-gateway-identity": "",
    "x-gateway-lookup": "no",
    "x-gateway-reason": "list-destinations",
    "x-gateway-server": "root",
    "x-gateway-destination": "-",
  });
  assert.deepEqual(headers(deny("facts-unavailable")), {
    "x-gateway-id": "7f",
    "x-gateway-verdict": "no",
    "x-gateway-reason": "facts-unavailable",
    "x-gateway-status": "503",
    "x-gateway-message": "why",
    "x-gateway-retry": "2",
  });
});
