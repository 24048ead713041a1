import assert from "node:assert/strict";
import { decide } from "../../../authz/decide.ts";
import type { Decision, DenyReason } from "../../../gateway/domain/decision.ts";
import { type Grants, NO_GRANTS } from "../../../gateway/domain/grants.ts";
import { OBJECT_TYPES } from "../../../gateway/domain/restic_object.ts";
import type { Item, OffGrammar, Place, Target } from "../../../gateway/domain/target.ts";
import { identity, objectName, repository, uuid } from "../given.ts";

/**
 * Everything that is allowed, and by which server it is answered. Whatever no row names is refused. Written from the
 * contract's table of access. `*`: anything; `!X`: anything but X; several words: any of them.
 *
 * `try-again` is a 503. `grant-unknown`: only what hangs on the grant. `lock of` is who is known to have created the lock, `prune` whether a node's is known to run,
 * `length` the body's.
 *
 * Where it is narrower than the contract, on purpose:
 * - A module reads no repository's top over REST: restic never does, it lists folder by folder.
 * - `/` has no storage behind it: also nodes can only list it, and only over WebDAV.
 */
const ALLOWED = `
  who         | where       | protocol | method           | item                                                      | create | depth | copy | lock of     | prune | length | server
  ------------|-------------|----------|------------------|-----------------------------------------------------------|--------|-------|------|-------------|-------|--------|------------
  node        | control     | webdav   | GET POST         | *                                                         | no     | *     | no   | *           | *     | *      | control
  node        | !root control | rest  | POST             | *                                                         | *      | *     | *    | *           | *     | *      | rest-append
  node        | !root control | rest  | !POST            | *                                                         | *      | *     | *    | *           | *     | *      | rest-full
  node        | !root control | webdav | *                | *                                                         | *      | *     | *    | *           | *     | *      | webdav-full
  node module | root        | webdav   | OPTIONS          | *                                                         | no     | *     | no   | *           | *     | *      | root
  node module | root        | webdav   | PROPFIND         | *                                                         | no     | 0 1   | no   | *           | *     | *      | root
  module      | own granted | rest     | GET HEAD         | config folder object                                      | no     | *     | no   | *           | *     | *      | rest-append
  module      | own         | rest     | POST             | top                                                       | yes    | *     | no   | *           | no    | *      | rest-append
  module      | own         | rest     | POST             | top                                                       | yes    | *     | no   | *           | yes   | *      | try-again
  module      | own         | rest     | POST             | config data/object keys/object index/object snapshots/object | no  | *     | no   | *           | no    | *      | rest-append
  module      | own         | rest     | POST             | config data/object keys/object index/object snapshots/object | no  | *     | no   | *           | yes   | *      | try-again
  module      | own granted | rest     | POST             | locks/object                                              | no     | *     | no   | *           | *     | small  | rest-append
  module      | own         | rest     | DELETE           | locks/object                                              | no     | *     | no   | own unknown | *     | *      | rest-append
  module      | granted     | rest     | DELETE           | locks/object                                              | no     | *     | no   | own         | *     | *      | rest-append
  module      | own granted | webdav   | GET HEAD OPTIONS | !outside                                                  | no     | *     | no   | *           | *     | *      | webdav-read
  module      | own granted | webdav   | PROPFIND         | !outside                                                  | no     | 0 1   | no   | *           | *     | *      | webdav-read
  module      | grant-unknown | rest   | GET HEAD         | config folder object                                      | no     | *     | no   | *           | *     | *      | try-again
  module      | grant-unknown | rest   | POST             | locks/object                                              | no     | *     | no   | *           | *     | small  | try-again
  module      | grant-unknown | rest   | DELETE           | locks/object                                              | no     | *     | no   | own         | *     | *      | try-again
  module      | grant-unknown | webdav | GET HEAD OPTIONS | !outside                                                  | no     | *     | no   | *           | *     | *      | try-again
  module      | grant-unknown | webdav | PROPFIND         | !outside                                                  | no     | 0 1   | no   | *           | *     | *      | try-again
`;

const METHODS =
  "GET HEAD POST PUT DELETE PROPFIND PROPPATCH OPTIONS MKCOL MOVE COPY LOCK UNLOCK PATCH TRACE CONNECT"
    .split(" ").concat("FROBNICATE", "get", "Post");
const DEPTHS = [undefined, "0", "1", "infinity"] as const;
const OFF_GRAMMAR: readonly OffGrammar[] = [
  "malformed-path",
  "malformed-query",
  "not-a-repository",
  "object-type-unknown",
  "object-name-malformed",
  "depth-not-allowed",
  "destination-header",
];

const DESTINATION = uuid("d");
const OWN = repository("dokuwiki", uuid("a"));
const GRANTED = repository("dokuwiki", uuid("b"));
const GRANTS: Grants = { own: OWN, restore: GRANTED };

/** Items by the words that rows use of them. */
const ITEMS: [words: string, item: Item][] = [
  ["top", { kind: "top" }],
  ["config", { kind: "config" }],
  ["shard", { kind: "shard", type: "data", shard: "55" }],
  ["manifest", { kind: "manifest" }],
  ...OBJECT_TYPES.map((type): [string, Item] => [`folder ${type}/folder`, { kind: "folder", type }]),
  ...OBJECT_TYPES.map((type): [string, Item] => [
    `object ${type}/object`,
    { kind: "object", type, name: objectName() },
  ]),
];

const inside = (path: typeof OWN): [words: string, place: Place][] =>
  ITEMS.map((
    [words, item],
  ) => [words, { kind: "repository", destination: DESTINATION, repository: path, item }]);

/** Where a request can point, with what the module holds then. */
const PLACES: { where: string; grants: Grants; places: [words: string, place: Place][] }[] = [
  { where: "root", grants: GRANTS, places: [["outside", { kind: "root" }]] },
  { where: "root", grants: NO_GRANTS, places: [["outside", { kind: "root" }]] },
  { where: "control", grants: GRANTS, places: [["outside", { kind: "control" }]] },
  {
    where: "elsewhere",
    grants: GRANTS,
    places: OFF_GRAMMAR.map((why) => ["outside", { kind: "elsewhere", destination: DESTINATION, why }]),
  },
  { where: "own", grants: GRANTS, places: inside(OWN) },
  { where: "own", grants: { own: OWN, restore: undefined }, places: inside(OWN) },
  { where: "own", grants: { own: OWN, restore: OWN }, places: inside(OWN) },
  { where: "granted", grants: GRANTS, places: inside(GRANTED) },
  { where: "grant-gone", grants: { own: OWN, restore: undefined }, places: inside(GRANTED) },
  { where: "grant-unknown", grants: { own: OWN, restore: "unknown" }, places: inside(GRANTED) },
  { where: "own", grants: { own: OWN, restore: "unknown" }, places: inside(OWN) },
  {
    where: "foreign-type-grant-unknown",
    grants: { own: OWN, restore: "unknown" },
    places: inside(repository("nextcloud", uuid("b"))),
  },
  { where: "no-uuid", grants: NO_GRANTS, places: inside(OWN) },
  { where: "foreign", grants: GRANTS, places: inside(repository("dokuwiki", uuid("c"))) },
  { where: "foreign-type-own-uuid", grants: GRANTS, places: inside(repository("nextcloud", uuid("a"))) },
  { where: "foreign-type-granted-uuid", grants: GRANTS, places: inside(repository("nextcloud", uuid("b"))) },
  { where: "foreign-type-longer", grants: GRANTS, places: inside(repository("dokuwikis", uuid("a"))) },
];

const IDENTITIES = { node: identity("node/1"), module: identity("module/dokuwiki1") } as const;

/** What can have been seen beside Redis, and how long a body can be, by the words that rows use of them. */
const OWNERS = { own: "module/dokuwiki1", anothers: "module/dokuwiki2", unknown: undefined } as const;
const LENGTHS = { none: undefined, small: 8192, large: 8193 } as const;
const SEEN = (["own", "anothers", "unknown"] as const).flatMap((lockOf) =>
  (["no", "yes"] as const).flatMap((prune) =>
    (["none", "small", "large"] as const).map((length) => ({ lockOf, prune, length }))
  )
);
const EXTREMES: readonly string[] = ["unknown no small", "anothers yes none"];

type Row = readonly string[];
const ROWS: readonly Row[] = ALLOWED.trim().split("\n").slice(2).map((line) =>
  line.split("|").map((cell) => cell.trim())
);

/** Whether any of the words is what the cell names. */
function names(cell: string, words: string): boolean {
  if (cell === "*") return true;
  const wanted = cell.replace("!", "").split(" ");
  return words.split(" ").some((word) => wanted.includes(word)) !== cell.startsWith("!");
}

Deno.test("exactly_the_table_is_allowed", () => {
  const met = new Set<Row>();
  let combinations = 0;
  for (const [who, identity] of Object.entries(IDENTITIES)) {
    for (const { where, grants, places } of PLACES) {
      for (const [item, place] of places) {
        for (const protocol of ["rest", "webdav"] as const) {
          for (const method of METHODS) {
            for (const create of [false, true]) {
              for (const depth of DEPTHS) {
                for (const hasDestinationHeader of [false, true]) {
                  for (const { lockOf, prune, length } of SEEN) {
                    // Where nothing is written, what was seen cannot matter: the two extremes show it.
                    const matters = protocol === "rest" && (method === "POST" || method === "DELETE");
                    if (!matters && !EXTREMES.includes(`${lockOf} ${prune} ${length}`)) continue;
                    const target: Target = {
                      protocol,
                      method,
                      place,
                      create,
                      depth,
                      length: LENGTHS[length],
                      hasDestinationHeader,
                    };
                    const words = [
                      who,
                      where,
                      protocol,
                      method,
                      item,
                      create ? "yes" : "no",
                      depth ?? "none",
                      hasDestinationHeader ? "yes" : "no",
                      lockOf,
                      prune,
                      length,
                    ];
                    const rows = ROWS.filter((row) =>
                      words.every((word, column) => names(row[column] ?? "", word))
                    );
                    assert.ok(rows.length <= 1, `two rows allow ${words.join(" | ")}`);
                    for (const row of rows) met.add(row);
                    const known = { lockOwner: OWNERS[lockOf], pruneRunning: prune === "yes" };
                    const server = serverOf(decide(identity, grants, target, known));
                    assert.equal(server, rows[0]?.at(-1) ?? "refused", words.join(" | "));
                    combinations++;
                  }
                }
              }
            }
          }
        }
      }
    }
  }
  assert.ok(combinations > 100_000, `only ${combinations} combinations`);
  assert.deepEqual(ROWS.filter((row) => !met.has(row)), [], "rows that nothing meets");
});

/** The server that answers, or `refused`, with what every answer has to hold checked on the way. */
function serverOf(decision: Decision): string {
  if (!decision.allow) {
    if (decision.reason === "prune-running" || decision.reason === "grants-outdated") {
      assert.equal(decision.status, 503);
      return "try-again";
    }
    assert.equal(decision.status, 403, "a refusal is final: never 401 or 503 for who is known");
    return "refused";
  }
  if (decision.to.kind !== "rclone") return decision.to.kind;
  assert.equal(decision.to.destination, DESTINATION);
  return decision.to.server;
}

Deno.test("every_refused_target_is_refused_for_everybody", () => {
  for (const who of Object.values(IDENTITIES)) {
    assert.deepEqual(decide(who, GRANTS, { refused: "target-ambiguous", detail: "x" }), {
      allow: false,
      reason: "target-ambiguous",
      status: 403,
    });
  }
});

const AT_OWN_TOP: Target = {
  protocol: "rest",
  method: "GET",
  place: { kind: "repository", destination: DESTINATION, repository: OWN, item: { kind: "config" } },
  create: false,
  depth: undefined,
  length: 10,
  hasDestinationHeader: false,
};

Deno.test("a_refusal_names_its_reason", async (test) => {
  const foreign: Place = {
    kind: "repository",
    destination: DESTINATION,
    repository: repository("dokuwiki", uuid("c")),
    item: { kind: "config" },
  };
  const object = (type: typeof OBJECT_TYPES[number], path = OWN): Place => ({
    kind: "repository",
    destination: DESTINATION,
    repository: path,
    item: { kind: "object", type, name: objectName() },
  });
  const cases: [name: string, change: Partial<Target>, grants: Grants, reason: DenyReason][] = [
    ["module_may_not_delete_data", { method: "DELETE", place: object("data") }, GRANTS, "method-not-allowed"],
    [
      "module_may_not_delete_snapshots",
      { method: "DELETE", place: object("snapshots") },
      GRANTS,
      "method-not-allowed",
    ],
    [
      "lock_without_a_length",
      { method: "POST", place: object("locks"), length: undefined },
      GRANTS,
      "lock-too-large",
    ],
    [
      "module_may_not_delete_granted_locks",
      { method: "DELETE", place: object("locks", GRANTED) },
      GRANTS,
      "lock-not-own",
    ],
    [
      "reader_may_not_write_data",
      { method: "POST", place: object("data", GRANTED) },
      GRANTS,
      "not-own-repository",
    ],
    ["foreign_repository", { place: foreign }, GRANTS, "not-own-repository"],
    ["module_without_uuid", { place: foreign }, NO_GRANTS, "module-without-uuid"],
    ["destination_header", { hasDestinationHeader: true }, GRANTS, "destination-header"],
    ["create_elsewhere", { method: "POST", create: true }, GRANTS, "malformed-query"],
    ["webdav_put", { protocol: "webdav", method: "PUT" }, GRANTS, "method-not-allowed"],
    ["propfind_without_depth", { protocol: "webdav", method: "PROPFIND" }, GRANTS, "depth-not-allowed"],
    [
      "propfind_infinity",
      { protocol: "webdav", method: "PROPFIND", depth: "infinity" },
      GRANTS,
      "depth-not-allowed",
    ],
    ...OFF_GRAMMAR.map((why): [string, Partial<Target>, Grants, DenyReason] => [
      `elsewhere_${why}`,
      { place: { kind: "elsewhere", destination: DESTINATION, why } },
      GRANTS,
      why,
    ]),
  ];
  for (const [name, change, grants, reason] of cases) {
    await test.step(name, () => {
      assert.deepEqual(decide(IDENTITIES.module, grants, { ...AT_OWN_TOP, ...change }), {
        allow: false,
        reason,
        status: 403,
      });
    });
  }
});

Deno.test("an_allowed_request_names_why", () => {
  const reason = (who: keyof typeof IDENTITIES, change: Partial<Target>): string =>
    decide(IDENTITIES[who], GRANTS, { ...AT_OWN_TOP, ...change }).reason;
  const granted: Place = {
    kind: "repository",
    destination: DESTINATION,
    repository: GRANTED,
    item: { kind: "config" },
  };
  assert.equal(reason("module", {}), "own-repository");
  assert.equal(reason("module", { place: granted }), "restore-grant");
  assert.equal(reason("node", { place: granted }), "node");
  assert.equal(
    reason("module", { protocol: "webdav", method: "OPTIONS", place: { kind: "root" } }),
    "list-destinations",
  );
});
