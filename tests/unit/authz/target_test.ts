import assert from "node:assert/strict";
import fc from "fast-check";
import { parseTarget, type RawRequest } from "../../../authz/target.ts";
import { formatRepositoryPath } from "../../../gateway/domain/repository.ts";
import { OBJECT_TYPES } from "../../../gateway/domain/restic_object.ts";
import type { Item, OffGrammar, Protocol, Refusal, Target } from "../../../gateway/domain/target.ts";
import { objectName, uuid } from "../given.ts";

const DESTINATION = uuid("d");
const MODULE = uuid("a");
const REPOSITORY = `/${DESTINATION}/dokuwiki/${MODULE}`;
const NAME = objectName("ab");
const V1 = "application/vnd.x.restic.rest.v1";
const V2 = "application/vnd.x.restic.rest.v2";

function raw(change: Partial<RawRequest>): RawRequest {
  return {
    method: "GET",
    target: "/",
    accept: undefined,
    depth: undefined,
    destination: undefined,
    length: undefined,
    ...change,
  };
}

/** What a target is, in one word or two: the item with its type, `elsewhere` or a refusal with its reason. */
function said(target: Target | Refusal): string {
  if ("refused" in target) return target.refused;
  switch (target.place.kind) {
    case "root":
    case "control":
      return target.place.kind;
    case "elsewhere":
      assert.equal(target.place.destination, DESTINATION);
      return target.place.why;
    case "repository": {
      const { destination, repository, item } = target.place;
      assert.equal(destination, DESTINATION);
      assert.deepEqual(repository, { appType: "dokuwiki", moduleUuid: MODULE });
      return "type" in item ? `${item.kind} ${item.type}` : item.kind;
    }
  }
}

const ask = (protocol: Protocol, target: string): string =>
  said(parseTarget(raw({ target, accept: protocol === "rest" ? V2 : undefined })));

Deno.test("every_path_of_restic_is_understood", async (test) => {
  const cases: [path: string, rest: string, webdav: string][] = [
    ["", "malformed-path", "top"],
    ["/", "top", "top"],
    ["/config", "config", "config"],
    ...OBJECT_TYPES.map((
      type,
    ): [string, string, string] => [`/${type}/`, `folder ${type}`, `folder ${type}`]),
    ...OBJECT_TYPES.filter((type) => type !== "data").map((type): [string, string, string] => [
      `/${type}/${NAME}`,
      `object ${type}`,
      `object ${type}`,
    ]),
    [`/data/${NAME}`, "object data", "object-name-malformed"],
    [`/data/ab/${NAME}`, "malformed-path", "object data"],
    ["/data/ab", "object-name-malformed", "shard data"],
    ["/data/ab/", "malformed-path", "shard data"],
    ["/data", "malformed-path", "folder data"],
    ["/locks", "malformed-path", "folder locks"],
  ];
  for (const [path, rest, webdav] of cases) {
    await test.step(path === "" ? "(nothing)" : path, () => {
      assert.equal(ask("rest", REPOSITORY + path), rest, "over REST");
      assert.equal(ask("webdav", REPOSITORY + path), webdav, "over WebDAV");
    });
  }
  await test.step("/ of the gateway", () => {
    assert.equal(ask("webdav", "/"), "root");
    assert.equal(ask("rest", "/"), "root");
  });
  await test.step("manifest", () => {
    assert.equal(ask("webdav", `${REPOSITORY}.json`), "manifest");
    assert.equal(ask("rest", `${REPOSITORY}.json`), "not-a-repository");
  });
});

Deno.test("what_is_not_in_the_grammar_is_elsewhere", async (test) => {
  const upper = NAME.toUpperCase();
  const cases: [name: string, path: string, rest: OffGrammar, webdav: OffGrammar | "same"][] = [
    ["unknown_type", `${REPOSITORY}/blobs/${NAME}`, "object-type-unknown", "same"],
    ["type_in_upper_case", `${REPOSITORY}/Locks/${NAME}`, "object-type-unknown", "same"],
    ["type_longer", `${REPOSITORY}/lockss/${NAME}`, "object-type-unknown", "same"],
    ["type_shorter", `${REPOSITORY}/lock/${NAME}`, "object-type-unknown", "same"],
    ["type_encoded", `${REPOSITORY}/lock%73/${NAME}`, "object-type-unknown", "same"],
    ["type_of_an_objects_prototype", `${REPOSITORY}/constructor/${NAME}`, "object-type-unknown", "same"],
    ["name_in_upper_case", `${REPOSITORY}/locks/${upper}`, "object-name-malformed", "same"],
    ["name_of_63_digits", `${REPOSITORY}/locks/${NAME.slice(1)}`, "object-name-malformed", "same"],
    ["name_of_65_digits", `${REPOSITORY}/locks/${NAME}0`, "object-name-malformed", "same"],
    ["name_encoded", `${REPOSITORY}/locks/%61${NAME.slice(1)}`, "object-name-malformed", "same"],
    ["name_with_a_letter_g", `${REPOSITORY}/locks/g${NAME.slice(1)}`, "object-name-malformed", "same"],
    ["object_with_a_slash", `${REPOSITORY}/locks/${NAME}/`, "malformed-path", "object-name-malformed"],
    ["below_an_object", `${REPOSITORY}/locks/${NAME}/x`, "malformed-path", "same"],
    ["config_with_a_slash", `${REPOSITORY}/config/`, "object-type-unknown", "same"],
    ["below_config", `${REPOSITORY}/config/x`, "object-type-unknown", "same"],
    ["config_in_upper_case", `${REPOSITORY}/CONFIG`, "object-type-unknown", "same"],
    ["config_with_a_suffix", `${REPOSITORY}/config.json`, "object-type-unknown", "same"],
    ["shard_of_another_name", `${REPOSITORY}/data/ac/${NAME}`, "malformed-path", "object-name-malformed"],
    ["shard_in_upper_case", `${REPOSITORY}/data/AB/${NAME}`, "malformed-path", "object-name-malformed"],
    ["shard_of_one_digit", `${REPOSITORY}/data/a/${NAME}`, "malformed-path", "object-name-malformed"],
    ["shard_of_three_digits", `${REPOSITORY}/data/ab5/${NAME}`, "malformed-path", "object-name-malformed"],
    ["shard_of_locks", `${REPOSITORY}/locks/ab/${NAME}`, "malformed-path", "same"],
    [
      "sharded_object_with_a_slash",
      `${REPOSITORY}/data/ab/${NAME}/`,
      "malformed-path",
      "object-name-malformed",
    ],
    ["destination_only", `/${DESTINATION}`, "not-a-repository", "same"],
    ["destination_folder", `/${DESTINATION}/`, "not-a-repository", "same"],
    ["app_type_only", `/${DESTINATION}/dokuwiki`, "not-a-repository", "same"],
    ["app_type_folder", `/${DESTINATION}/dokuwiki/`, "not-a-repository", "same"],
    ["app_type_with_digits", `/${DESTINATION}/dokuwiki1/${MODULE}/`, "not-a-repository", "same"],
    ["app_type_in_upper_case", `/${DESTINATION}/Dokuwiki/${MODULE}/`, "not-a-repository", "same"],
    ["app_type_encoded", `/${DESTINATION}/%64okuwiki/${MODULE}/`, "not-a-repository", "same"],
    ["app_type_hidden", `/${DESTINATION}/.dokuwiki/${MODULE}/`, "not-a-repository", "same"],
    ["uuid_in_upper_case", `/${DESTINATION}/dokuwiki/${MODULE.toUpperCase()}/`, "not-a-repository", "same"],
    [
      "uuid_without_hyphens",
      `/${DESTINATION}/dokuwiki/${MODULE.replaceAll("-", "")}/`,
      "not-a-repository",
      "same",
    ],
    ["uuid_cut", `/${DESTINATION}/dokuwiki/${MODULE.slice(0, 8)}/`, "not-a-repository", "same"],
    ["uuid_in_braces_encoded", `/${DESTINATION}/dokuwiki/%7B${MODULE}%7D/`, "not-a-repository", "same"],
    ["manifest_twice", `${REPOSITORY}.json.json`, "not-a-repository", "same"],
    ["manifest_folder", `${REPOSITORY}.json/`, "not-a-repository", "same"],
    ["manifest_in_upper_case", `${REPOSITORY}.JSON`, "not-a-repository", "same"],
    ["manifest_without_uuid", `/${DESTINATION}/dokuwiki/.json`, "not-a-repository", "same"],
    ["blank_encoded", `${REPOSITORY}/locks/%20`, "object-name-malformed", "same"],
    ["umlaut_encoded", `${REPOSITORY}/locks/%C3%A4`, "object-name-malformed", "same"],
  ];
  for (const [name, path, rest, webdav] of cases) {
    await test.step(name, () => {
      assert.equal(ask("rest", path), rest, "over REST");
      assert.equal(ask("webdav", path), webdav === "same" ? rest : webdav, "over WebDAV");
    });
  }
});

Deno.test("what_two_readers_could_read_differently_is_refused_for_everybody", async (test) => {
  const lock = `${REPOSITORY}/locks/${NAME}`;
  const cases: [name: string, target: string][] = [
    ["empty", ""],
    ["asterisk", "*"],
    ["absolute_form", `http://gateway${lock}`],
    ["absolute_form_https", `https://gateway${lock}`],
    ["absolute_form_upper_case", `HTTP://gateway${lock}`],
    ["authority_form", "gateway:4694"],
    ["no_slash_at_the_beginning", lock.slice(1)],
    ["query_only", "?create=true"],
    ["two_slashes_at_the_beginning", `/${lock}`],
    ["two_slashes_inside", lock.replace("/locks", "//locks")],
    ["two_slashes_at_the_end", `${REPOSITORY}//`],
    ["two_slashes_only", "//"],
    ["dot", `${REPOSITORY}/./config`],
    ["dot_at_the_end", `${REPOSITORY}/.`],
    ["dot_only", "/."],
    ["dot_dot", `${REPOSITORY}/../config`],
    ["dot_dot_at_the_end", `${REPOSITORY}/..`],
    ["dot_dot_only", "/.."],
    ["dot_dot_beside_the_own_repository", `${REPOSITORY}/../${uuid("b")}/config`],
    ["dot_encoded", `${REPOSITORY}/%2e/config`],
    ["dot_encoded_upper_case", `${REPOSITORY}/%2E/config`],
    ["dot_dot_encoded", `${REPOSITORY}/%2e%2e/config`],
    ["dot_dot_encoded_mixed_case", `${REPOSITORY}/%2E%2e/config`],
    ["dot_dot_half_encoded", `${REPOSITORY}/.%2e/config`],
    ["dot_dot_other_half_encoded", `${REPOSITORY}/%2e./config`],
    ["dot_dot_overlong", `${REPOSITORY}/%c0%ae%c0%ae/config`],
    ["dot_overlong_three_bytes", `${REPOSITORY}/%e0%80%ae/config`],
    ["dot_encoded_in_a_name", `${REPOSITORY}%2ejson`],
    ["slash_encoded", `${REPOSITORY}%2fconfig`],
    ["slash_encoded_upper_case", `${REPOSITORY}%2Fconfig`],
    ["slash_overlong", `${REPOSITORY}%c0%afconfig`],
    ["backslash", `${REPOSITORY}\\config`],
    ["backslash_dot_dot", `${REPOSITORY}/..\\config`],
    ["backslash_encoded", `${REPOSITORY}%5cconfig`],
    ["backslash_encoded_upper_case", `${REPOSITORY}%5Cconfig`],
    ["backslash_overlong", `${REPOSITORY}%c1%9cconfig`],
    ["nul", `${REPOSITORY}/config\x00`],
    ["nul_encoded", `${REPOSITORY}/config%00`],
    ["nul_overlong", `${REPOSITORY}/config%c0%80`],
    ["line_feed", `${REPOSITORY}/config\n`],
    ["line_feed_encoded", `${REPOSITORY}/config%0a`],
    ["carriage_return", `${REPOSITORY}/config\r`],
    ["carriage_return_encoded", `${REPOSITORY}/config%0D`],
    ["tab", `${REPOSITORY}/config\t`],
    ["tab_encoded", `${REPOSITORY}/config%09`],
    ["escape_encoded", `${REPOSITORY}/%1b[31m`],
    ["delete", `${REPOSITORY}/config\x7f`],
    ["delete_encoded", `${REPOSITORY}/config%7f`],
    ["blank", `${REPOSITORY}/config x`],
    ["blank_at_the_end", `${REPOSITORY}/config `],
    ["latin_1", `${REPOSITORY}/\xe4`],
    ["unicode", `${REPOSITORY}/\u2025`],
    ["line_separator", `${REPOSITORY}/config\u2028`],
    ["fullwidth_dots", `${REPOSITORY}/\uff0e\uff0e/config`],
    ["surrogate_encoded", `${REPOSITORY}/%ed%a0%80`],
    ["invalid_utf8_encoded", `${REPOSITORY}/%ff`],
    ["cut_utf8_encoded", `${REPOSITORY}/%c3`],
    ["percent_at_the_end", `${REPOSITORY}/config%`],
    ["percent_and_one_digit", `${REPOSITORY}/config%4`],
    ["percent_and_no_hex", `${REPOSITORY}/%zz`],
    ["percent_u", `${REPOSITORY}/%u002e`],
    ["fragment", `${REPOSITORY}/config#x`],
    ["brace", `${REPOSITORY}/{config}`],
    ["pipe", `${REPOSITORY}/config|x`],
    ["quote", `${REPOSITORY}/"config"`],
    ["caret", `${REPOSITORY}/^config`],
    ["backtick", `${REPOSITORY}/\`config\``],
    ["angle", `${REPOSITORY}/<config>`],
    ["control_in_the_query", `${REPOSITORY}/config?a=\x01`],
    ["line_feed_in_the_query", `${REPOSITORY}/?create=true\n`],
    ["not_ascii_in_the_query", `${REPOSITORY}/config?\u00e4`],
    ["no_uuid", "/dokuwiki/x/"],
    ["favicon", "/favicon.ico"],
    ["destination_in_upper_case", `/${DESTINATION.toUpperCase()}/dokuwiki/${MODULE}/`],
    ["destination_cut", `/${DESTINATION.slice(0, 8)}/dokuwiki/${MODULE}/`],
    ["destination_longer", `/${DESTINATION}0/dokuwiki/${MODULE}/`],
    ["destination_encoded", `/%64${DESTINATION.slice(1)}/dokuwiki/${MODULE}/`],
  ];
  for (const [name, target] of cases) {
    await test.step(name, () => {
      assert.equal(ask("rest", target), "target-ambiguous", "over REST");
      assert.equal(ask("webdav", target), "target-ambiguous", "over WebDAV");
    });
  }
});

Deno.test("only_create_true_is_a_query", async (test) => {
  const cases: [query: string, create: boolean][] = [
    ["?create=true", true],
    ["?", false],
    ["?create", false],
    ["?create=", false],
    ["?create=True", false],
    ["?Create=true", false],
    ["?CREATE=TRUE", false],
    ["?create=true&create=true", false],
    ["?create=false&create=true", false],
    ["?create=true&x=1", false],
    ["?create=true&", false],
    ["?&create=true", false],
    ["??create=true", false],
    ["?create=true?", false],
    ["?create=%74rue", false],
    ["?%63reate=true", false],
    ["?create=true%00", false],
    ["?create=true/", false],
    ["?create=1", false],
    ["?download=zip", false],
  ];
  for (const [query, create] of cases) {
    await test.step(query, () => {
      const target = parseTarget(raw({ method: "POST", target: `${REPOSITORY}/${query}`, accept: V2 }));
      assert.ok(!("refused" in target));
      assert.equal(target.create, create);
      assert.equal(said(target), create ? "top" : "malformed-query");
    });
  }
});

Deno.test("a_query_at_the_root_is_refused", () => {
  for (const query of ["?", "?x=1", "?download=zip", "?create=false"]) {
    assert.notEqual(ask("webdav", `/${query}`), "root", query);
  }
});

Deno.test("create_is_rest_without_an_accept_and_only_as_a_post", async (test) => {
  const cases: [method: string, protocol: Protocol][] = [
    ["POST", "rest"],
    ["post", "webdav"],
    ["GET", "webdav"],
    ["PUT", "webdav"],
    ["DELETE", "webdav"],
    ["MKCOL", "webdav"],
  ];
  for (const [method, protocol] of cases) {
    await test.step(method, () => {
      const target = parseTarget(raw({ method, target: `${REPOSITORY}/?create=true` }));
      assert.ok(!("refused" in target));
      assert.equal(target.protocol, protocol);
      assert.equal(target.create, true);
      assert.equal(target.method, method);
    });
  }
});

Deno.test("accept_names_the_protocol", async (test) => {
  const cases: [name: string, accept: string | undefined, protocol: Protocol][] = [
    ["none", undefined, "webdav"],
    ["empty", "", "webdav"],
    ["anything", "*/*", "webdav"],
    ["v1", V1, "rest"],
    ["v2", V2, "rest"],
    ["v2_in_upper_case", V2.toUpperCase(), "rest"],
    ["v2_first_of_two", `${V2}, */*`, "rest"],
    ["v2_last_of_two", `*/*, ${V2}`, "rest"],
    ["v2_last_without_blank", `*/*,${V2}`, "rest"],
    ["v2_with_q", `${V2};q=0.5`, "rest"],
    ["v2_with_q_after_a_blank", `${V2} ; q=0.5`, "rest"],
    ["v2_after_q", `text/html;q=0.9, ${V2};q=0.1`, "rest"],
    ["both_versions", `${V1},${V2}`, "rest"],
    ["blanks_around", `  ${V2}  `, "rest"],
    ["v22", `${V2}2`, "webdav"],
    ["v20", `${V2}0`, "webdav"],
    ["v3", "application/vnd.x.restic.rest.v3", "webdav"],
    ["v", "application/vnd.x.restic.rest.v", "webdav"],
    ["xapplication", `x${V2}`, "webdav"],
    ["more_at_the_end", `${V2}+json`, "webdav"],
    ["dot_at_the_end", `${V2}.1`, "webdav"],
    ["slash_before", `a/${V2}`, "webdav"],
    ["as_a_parameter", `text/html;type=${V2}`, "webdav"],
    ["dots_are_dots", "application/vndXxXresticXrestXv2", "webdav"],
    ["json", "application/json", "webdav"],
  ];
  for (const [name, accept, protocol] of cases) {
    await test.step(name, () => {
      const target = parseTarget(raw({ target: `${REPOSITORY}/config`, accept }));
      assert.ok(!("refused" in target));
      assert.equal(target.protocol, protocol);
    });
  }
});

Deno.test("depth_is_0_1_or_infinity", async (test) => {
  const cases: [depth: string | undefined, parsed: Target["depth"] | "refused"][] = [
    [undefined, undefined],
    ["0", "0"],
    ["1", "1"],
    ["infinity", "infinity"],
    ["Infinity", "infinity"],
    ["INFINITY", "infinity"],
    ["", "refused"],
    ["2", "refused"],
    ["-1", "refused"],
    ["01", "refused"],
    ["1 ", "refused"],
    ["0, 1", "refused"],
    ["1,1", "refused"],
    ["1,noroot", "refused"],
    ["0\n", "refused"],
    ["inf", "refused"],
    ["\u0661", "refused"],
  ];
  for (const [depth, parsed] of cases) {
    await test.step(depth === undefined ? "(none)" : JSON.stringify(depth), () => {
      const target = parseTarget(raw({ method: "PROPFIND", target: "/", depth }));
      assert.equal("refused" in target ? "refused" : target.depth, parsed);
    });
  }
});

Deno.test("any_destination_header_is_noticed", () => {
  for (const destination of ["", "/", "http://x/"]) {
    const target = parseTarget(raw({ method: "MOVE", target: `${REPOSITORY}/config`, destination }));
    assert.ok(!("refused" in target) && target.hasDestinationHeader, JSON.stringify(destination));
  }
});

/** The paths that mean an item, in the given grammar: exactly one, or two where a folder's slash is optional. */
function render(protocol: Protocol, repository: string, item: Item): string[] {
  const either = (folder: string): string[] => protocol === "rest" ? [`${folder}/`] : [folder, `${folder}/`];
  switch (item.kind) {
    case "top":
      return either(repository);
    case "config":
      return [`${repository}/config`];
    case "folder":
      return either(`${repository}/${item.type}`);
    case "shard":
      return either(`${repository}/data/${item.shard}`);
    case "object":
      return protocol === "webdav" && item.type === "data"
        ? [`${repository}/data/${item.name.slice(0, 2)}/${item.name}`]
        : [`${repository}/${item.type}/${item.name}`];
    case "manifest":
      return [`${repository}.json`];
  }
}

/** Pieces of paths, good and bad, so that many of what is made of them is nearly right. */
const PIECES = [
  ...[
    "/",
    "/",
    "/",
    "//",
    ".",
    "..",
    "%2e",
    "%2f",
    "%5c",
    "\\",
    "%00",
    "\x00",
    "?",
    "?create=true",
    "#",
    "%",
    " ",
  ],
  ...[DESTINATION, DESTINATION.toUpperCase(), MODULE, `${MODULE}.json`, ".json", "dokuwiki", "dokuwiki1"],
  ...[
    "config",
    "data",
    "locks",
    "keys",
    "snapshots",
    "index",
    "ab",
    "ac",
    NAME,
    NAME.slice(1),
    NAME.toUpperCase(),
  ],
];
const nearlyAPath: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(fc.constantFrom(...PIECES), { maxLength: 12 }).map((pieces) => pieces.join("")),
  fc.array(fc.constantFrom(...PIECES), { maxLength: 4 }).map((pieces) => `${REPOSITORY}/${pieces.join("/")}`),
  fc.array(fc.constantFrom(...PIECES), { maxLength: 4 }).map((pieces) => `${REPOSITORY}${pieces.join("")}`),
);
const anyRequest: fc.Arbitrary<RawRequest> = fc.record({
  method: fc.oneof(fc.constantFrom("GET", "POST", "PROPFIND"), fc.string()),
  target: nearlyAPath,
  accept: fc.option(fc.oneof(fc.constantFrom(V1, V2, `${V2}2`), fc.string()), { nil: undefined }),
  depth: fc.option(fc.oneof(fc.constantFrom("0", "1", "infinity"), fc.string()), { nil: undefined }),
  destination: fc.option(fc.string(), { nil: undefined }),
  length: fc.option(fc.oneof(fc.nat().map(String), fc.string()), { nil: undefined }),
});

Deno.test("nothing_makes_it_throw_and_a_repository_is_its_path_byte_for_byte", () => {
  let repositories = 0;
  fc.assert(
    fc.property(anyRequest, (request) => {
      const target = parseTarget(request);
      if ("refused" in target || target.place.kind !== "repository") return;
      repositories++;
      const { destination, repository, item } = target.place;
      const paths = render(target.protocol, `/${destination}/${formatRepositoryPath(repository)}`, item);
      const query = target.create ? "?create=true" : "";
      assert.ok(paths.map((path) => path + query).includes(request.target), request.target);
    }),
    { numRuns: 20_000, seed: 4694 },
  );
  assert.ok(repositories > 500, `only ${repositories} of the made-up requests were in a repository`);
});

Deno.test("whatever_is_rendered_is_understood", () => {
  const items: Item[] = [
    { kind: "top" },
    { kind: "config" },
    ...OBJECT_TYPES.map((type): Item => ({ kind: "folder", type })),
    ...OBJECT_TYPES.map((type): Item => ({ kind: "object", type, name: NAME })),
  ];
  const webdavOnly: Item[] = [{ kind: "shard", type: "data", shard: "ab" }, { kind: "manifest" }];
  for (const protocol of ["rest", "webdav"] as const) {
    for (const item of protocol === "rest" ? items : [...items, ...webdavOnly]) {
      for (const target of render(protocol, REPOSITORY, item)) {
        const parsed = parseTarget(raw({ target, accept: protocol === "rest" ? V1 : undefined }));
        assert.ok(!("refused" in parsed) && parsed.place.kind === "repository", target);
        assert.deepEqual(parsed.place.item, item);
      }
    }
  }
});
