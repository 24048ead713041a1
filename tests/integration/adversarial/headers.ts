import { basic } from "../harness/cluster.ts";
import { AUTH, type Case, http, nameOf, OWN, THEIRS, V2, VICTIM } from "./case.ts";

const CONFIG = `${THEIRS}/config`;
const asVictimWithout = `Authorization: Basic ${btoa(`${VICTIM.name}:`)}`;

/** Headers that some proxy or framework believes; all of them with the attacker's credentials on the victim's config. */
const FORGED: Readonly<Record<string, readonly string[]>> = {
  verdict: ["X-Gateway-Verdict: yes", "X-Gateway-Server: rest-full"],
  verdict_lower: ["x-gateway-verdict: yes"],
  verdict_underscores: ["X_Gateway_Verdict: yes"],
  gateway_authorization: [`X-Gateway-Authorization: ${basic({ name: VICTIM.name, secret: "x" })}`],
  gateway_method: ["X-Gateway-Method: OPTIONS"],
  gateway_target: [`X-Gateway-Target: ${OWN}/config`],
  gateway_id: ["X-Gateway-Id: 1"],
  gateway_source: ["X-Gateway-Source: 127.0.0.1"],
  gateway_reason: ["X-Gateway-Reason: own-repository", "X-Gateway-Status: 200"],
  request_id: ["X-Request-Id: 00000000-0000-0000-0000-000000000000"],
  forwarded_for: ["X-Forwarded-For: 127.0.0.1"],
  forwarded_for_twice: ["X-Forwarded-For: 127.0.0.1", "X-Forwarded-For: 10.5.4.1"],
  forwarded_user: [`X-Forwarded-User: ${VICTIM.name}`],
  forwarded_host: ["X-Forwarded-Host: 127.0.0.1:4695"],
  forwarded_proto: ["X-Forwarded-Proto: https"],
  forwarded_prefix: [`X-Forwarded-Prefix: ${THEIRS}`],
  forwarded_uri: [`X-Forwarded-Uri: ${OWN}/config`],
  forwarded_method: ["X-Forwarded-Method: OPTIONS"],
  forwarded: [`Forwarded: for=127.0.0.1;host=gateway;proto=https;by=${VICTIM.name}`],
  via: ["Via: 1.1 gateway"],
  real_ip: ["X-Real-IP: 127.0.0.1"],
  client_ip: ["True-Client-IP: 127.0.0.1"],
  remote_user: [`Remote-User: ${VICTIM.name}`],
  x_remote_user: [`X-Remote-User: ${VICTIM.name}`],
  authenticated_user: [`X-Authenticated-User: ${VICTIM.name}`],
  original_url: [`X-Original-URL: ${OWN}/config`],
  rewrite_url: [`X-Rewrite-URL: ${OWN}/config`],
  original_method: ["X-Original-Method: OPTIONS"],
  override: ["X-HTTP-Method-Override: OPTIONS"],
  override_short: ["X-HTTP-Method: OPTIONS"],
  method_override: ["X-Method-Override: OPTIONS"],
  proxy_authorization: [`Proxy-Authorization: ${basic(VICTIM)}x`],
  cookie: ["Cookie: session=admin; user=module/dokuwiki1"],
  connection_authorization: ["Connection: authorization"],
  connection_many: ["Connection: close, authorization, accept, host, x-gateway-verdict"],
  te: ["TE: trailers, deflate"],
  trailer: ["Trailer: Authorization, Content-Length"],
  upgrade_insecure: ["Upgrade-Insecure-Requests: 1"],
  origin: ["Origin: http://gateway"],
  referer: [`Referer: http://gateway${OWN}/config`],
  depth_infinity: ["Depth: infinity"],
  depth_odd: ["Depth: 0, infinity"],
  depth_two: ["Depth: 0", "Depth: infinity"],
  if_header: [`If: <${OWN}/config> (<opaquelocktoken:x>)`],
  lock_token: ["Lock-Token: <opaquelocktoken:x>"],
  if_none_match: ["If-None-Match: *"],
  range: ["Range: bytes=0-"],
  many_ranges: ["Range: bytes=0-0,1-1,2-2,3-3"],
  max_forwards: ["Max-Forwards: 0"],
  expect: ["Expect: 100-continue"],
  content_location: [`Content-Location: ${OWN}/config`],
  host_twice: ["Host: other"],
};
const forged: Case[] = Object.entries(FORGED).map(([name, headers]) => ({
  name: `forged ${name}`,
  bytes: http(CONFIG, { headers }),
  answers: name === "host_twice" ? "400" : "403",
}));

/** The same without any credentials: a header must not stand in for them. */
const anonymous: Case[] = [
  "verdict",
  "gateway_authorization",
  "forwarded_user",
  "remote_user",
  "proxy_authorization",
  "cookie",
  "forwarded_for",
  "connection_authorization",
  "original_url",
  "override",
].map((name) => ({
  name: `anonymous ${name}`,
  bytes: http(CONFIG, { auth: null, headers: FORGED[name] ?? [] }),
  answers: "401",
}));

/** Methods that are put over an allowed one: what is forwarded is the request line, or nothing. */
const overridden: Case[] = ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "_method"]
  .flatMap((header) => [
    {
      name: `overridden own upload by ${header}`,
      bytes: http(`${OWN}/config`, { method: "POST", headers: [`${header}: DELETE`], body: "evil" }),
      answers: "403",
    },
    {
      name: `overridden own read by ${header}`,
      bytes: http(`${OWN}/config`, { rest: false, headers: [`${header}: PUT`], body: "evil" }),
      answers: "200",
    },
  ]);

/** `Accept` is chosen by the client: no choice of it opens or writes anything. */
const ACCEPTS: Readonly<Record<string, readonly string[]>> = {
  v1: ["Accept: application/vnd.x.restic.rest.v1"],
  v3: ["Accept: application/vnd.x.restic.rest.v3"],
  v2_upper: [`Accept: ${V2.toUpperCase()}`],
  v2_with_weight: [`Accept: ${V2};q=0`],
  v2_behind_others: [`Accept: text/html, ${V2}`],
  v2_in_a_second_header: ["Accept: */*", `Accept: ${V2}`],
  v2_in_the_first_of_two: [`Accept: ${V2}`, "Accept: */*"],
  v2_glued: [`Accept: x${V2}`],
  v2_quoted: [`Accept: "${V2}"`],
  empty: ["Accept:"],
  many: Array.from({ length: 20 }, (_, index) => `Accept: text/x${index}`),
};
const accepts: Case[] = Object.entries(ACCEPTS).flatMap(([name, headers]) => [
  { name: `accept ${name} read theirs`, bytes: http(CONFIG, { rest: false, headers }), answers: "403" },
  {
    name: `accept ${name} write own config`,
    bytes: http(`${OWN}/config`, { method: "POST", rest: false, headers, body: "evil" }),
    answers: "403",
  },
  {
    name: `accept ${name} delete own key`,
    bytes: http(`${OWN}/keys/${nameOf("keys", "ATTACKER")}`, { method: "DELETE", rest: false, headers }),
    answers: "403",
  },
]);

/** Which name and secret; in `raw` what stands behind `Authorization: ` as it is. */
const name = VICTIM.name;
const secret = VICTIM.secret;
const CREDENTIALS: Readonly<Record<string, { raw: string } | { text: string }>> = {
  nul_and_junk: { text: `${name}:${secret}\0junk` },
  nul_only: { text: `${name}:${secret}\0` },
  nul_first: { text: `${name}:\0${secret}` },
  nul_in_the_name: { text: `${name}\0:${secret}` },
  nul_behind_the_attackers_name: { text: `module/dokuwiki2\0${name}:${secret}` },
  line_feed_behind: { text: `${name}:${secret}\n` },
  carriage_return_behind: { text: `${name}:${secret}\r\n` },
  blank_behind: { text: `${name}:${secret} ` },
  blank_before: { text: `${name}: ${secret}` },
  blank_before_the_name: { text: ` ${name}:${secret}` },
  two_colons: { text: `${name}::${secret}` },
  colon_behind: { text: `${name}:${secret}:` },
  colon_only: { text: ":" },
  no_colon: { text: name },
  no_secret: { text: `${name}:` },
  no_name: { text: `:${secret}` },
  secret_upper: { text: `${name}:${secret.toUpperCase()}` },
  secret_cut: { text: `${name}:${secret.slice(0, -1)}` },
  secret_longer: { text: `${name}:${secret}x` },
  secret_twice: { text: `${name}:${secret}${secret}` },
  secret_of_the_attacker: { text: `${name}:secret-of-dokuwiki2-Qp8` },
  secret_very_long: { text: `${name}:${"x".repeat(4000)}` },
  name_upper: { text: `MODULE/DOKUWIKI1:${secret}` },
  name_without_kind: { text: `dokuwiki1:${secret}` },
  name_with_two_slashes: { text: `module//dokuwiki1:${secret}` },
  name_with_dots: { text: `module/../module/dokuwiki1:${secret}` },
  name_encoded: { text: `module%2Fdokuwiki1:${secret}` },
  name_with_zeros: { text: `module/dokuwiki01:${secret}` },
  name_full_width: { text: `module/dokuwiki\xef\xbc\x91:${secret}` },
  name_latin1: { text: `module/dokuwik\xed1:${secret}` },
  name_very_long: { text: `module/${"a".repeat(4000)}1:${secret}` },
  name_of_redis: { text: `default:${secret}` },
  name_of_a_node: { text: `node/1:${secret}` },
  name_with_a_redis_line: { text: `user ${name} on nopass:${secret}` },
  digest_as_secret: { text: `${name}:#8e35c2cd3bf6641bdb0e2050b76932cbb2e6034a0ddacc1d9bea82a6ba57f7cf` },
  utf8: { text: `${name}:gr\xc3\xb6\xc3\x9fe` },
  not_utf8: { text: `${name}:\xff\xfe` },
  utf16: { text: [...`${name}:${secret}`].join("\0") },
  byte_order_mark: { text: `\xef\xbb\xbf${name}:${secret}` },
  base64_unpadded_junk: { raw: `Basic ${btoa(`${name}:x`)}====` },
  base64_of_the_web: {
    raw: `Basic ${btoa(`${name}:\xff\xff\xfe`).replaceAll("+", "-").replaceAll("/", "_")}`,
  },
  base64_with_a_blank: { raw: `Basic ${btoa(`${name}:${secret}`).replace(/^(.{8})/, "$1 ")}` },
  base64_with_a_line: { raw: `Basic ${btoa(`${name}:${secret}`)}, Basic x` },
  base64_twice: { raw: `Basic ${btoa(btoa(`${name}:${secret}`))}` },
  base64_empty: { raw: "Basic" },
  base64_of_nothing: { raw: "Basic =" },
  not_base64: { raw: "Basic %%%" },
  plain: { raw: `Basic ${name}:${secret}` },
  two_schemes: { raw: `Bearer x, Basic ${btoa(`${name}:${secret}`)}` },
  basic_twice: { raw: `Basic Basic ${btoa(`${name}:${secret}`)}` },
  no_scheme: { raw: btoa(`${name}:${secret}`) },
  bearer: { raw: `Bearer ${btoa(`${name}:${secret}`)}` },
  digest: { raw: `Digest username="${name}", response="${"0".repeat(32)}"` },
  negotiate: { raw: "Negotiate TlRMTVNTUAABAAAA" },
  tab_instead_of_blank: { raw: `Basic\t${btoa(`${name}:${secret}`)}` },
  empty: { raw: "" },
};
const credentials: Case[] = Object.entries(CREDENTIALS).map(([what, given]) => ({
  name: `credentials ${what}`,
  bytes: http(CONFIG, { auth: `Authorization: ${"raw" in given ? given.raw : `Basic ${btoa(given.text)}`}` }),
  answers: "401",
}));

/** More than one `Authorization`: which one counts is nobody's to guess, so none does. */
const several: Case[] = [
  {
    name: "several authorizations, own first",
    bytes: http(CONFIG, { headers: [asVictimWithout] }),
    answers: "401",
  },
  {
    name: "several authorizations, own last",
    bytes: http(CONFIG, { auth: asVictimWithout, headers: [AUTH] }),
    answers: "401",
  },
  {
    name: "several authorizations, own twice",
    bytes: http(`${OWN}/config`, { headers: [AUTH] }),
    answers: "401",
  },
  {
    name: "several authorizations, an empty one",
    bytes: http(CONFIG, { headers: ["Authorization:"] }),
    answers: "401",
  },
  {
    name: "several authorizations, folded into one",
    bytes: http(CONFIG, { auth: `${AUTH}, ${asVictimWithout.slice(15)}` }),
    answers: "401",
  },
  {
    name: "authorization with a blank before the colon",
    bytes: http(CONFIG, { auth: AUTH.replace(":", " :") }),
    answers: "400",
  },
  {
    name: "authorization by another name",
    bytes: http(CONFIG, { auth: AUTH.replace("A", "X-A") }),
    answers: "401",
  },
  { name: "no credentials at all", bytes: http(CONFIG, { auth: null }), answers: "401" },
  {
    name: "no credentials on /",
    bytes: http("/", { auth: null, method: "PROPFIND", rest: false, headers: ["Depth: 1"] }),
    answers: "401",
  },
  {
    name: "no credentials on OPTIONS",
    bytes: http(CONFIG, { auth: null, method: "OPTIONS", rest: false }),
    answers: "401",
  },
  {
    name: "no credentials, create",
    bytes: http(`${THEIRS}/?create=true`, { auth: null, method: "POST", rest: false }),
    answers: "401",
  },
];

/** Queries, depths and ranges on what the attacker may otherwise read, and on the victim's. */
const QUERIES: Readonly<Record<string, string>> = {
  zip: "download=zip",
  zip_upper: "DOWNLOAD=ZIP",
  create_false: "create=false",
  create_twice: "create=true&create=true",
  create_and_more: "create=true&x",
  create_encoded: "create=%74rue",
  create_key_encoded: "%63reate=true",
  create_semicolon: "create=true;x",
  create_upper: "create=TRUE",
  empty: "",
  question_marks: "?create=true",
  path: `path=${THEIRS}`,
  method: "_method=DELETE",
  sort: "sort=name&order=desc",
};
const queries: Case[] = Object.entries(QUERIES).flatMap(([what, query]) => [
  { name: `query ${what} on own top`, bytes: http(`${OWN}/?${query}`, { rest: false }), answers: "403" },
  { name: `query ${what} on theirs`, bytes: http(`${THEIRS}/?${query}`, { rest: false }), answers: "403" },
  {
    name: `query ${what} uploaded to theirs`,
    bytes: http(`${THEIRS}/?${query}`, { method: "POST", rest: false }),
    answers: "403",
  },
]);
const depths: Case[] = ["infinity", "Infinity", "2", "-1", "1,noroot", "0, 1", "00", "", undefined].map((
  depth,
) => ({
  name: `depth ${depth}`,
  bytes: http(`${OWN}/`, {
    method: "PROPFIND",
    rest: false,
    headers: depth === undefined ? [] : [`Depth: ${depth}`],
  }),
  answers: "403",
}));
const ranges: Case[] = [
  "bytes=-5",
  "bytes=0-99999999",
  "bytes=5-1",
  "items=0-5",
  `bytes=${"0-0,".repeat(200)}0-0`,
].map((range) => ({
  name: `range ${range.slice(0, 20)} of theirs over WebDAV`,
  bytes: http(CONFIG, { rest: false, headers: [`Range: ${range}`] }),
  answers: "403",
}));

export const HEADERS: readonly Case[] = [
  ...forged,
  ...anonymous,
  ...overridden,
  ...accepts,
  ...credentials,
  ...several,
  ...queries,
  ...depths,
  ...ranges,
];
