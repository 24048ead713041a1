import { DESTINATION } from "../harness/cluster.ts";
import { APP, type Case, http, nameOf, OWN, THEIRS, VICTIM } from "./case.ts";

/** Everything of the victim that has an address, in both grammars. */
const REST_ITEMS: Readonly<Record<string, string>> = {
  config: "/config",
  ...Object.fromEntries(
    ["keys", "data", "index", "snapshots", "locks"].flatMap((type) => [
      [`${type} folder`, `/${type}/`],
      [`${type} object`, `/${type}/${nameOf(type)}`],
      [`${type} new object`, `/${type}/${"ab".repeat(32)}`],
    ]),
  ),
  top: "/",
  nothing: "",
};
const WEBDAV_ITEMS: Readonly<Record<string, string>> = {
  config: "/config",
  folder: "/keys",
  key: `/keys/${nameOf("keys")}`,
  shard: `/data/${nameOf("data").slice(0, 2)}`,
  data: `/data/${nameOf("data").slice(0, 2)}/${nameOf("data")}`,
  lock: `/locks/${nameOf("locks")}`,
  top: "/",
  manifest: ".json",
};

const rest: Case[] = Object.entries(REST_ITEMS).flatMap(([name, path]) =>
  ["GET", "HEAD", "POST", "DELETE"].map((method) => ({
    name: `rest ${method} ${name}`,
    bytes: http(THEIRS + path, { method, ...(method === "POST" ? { body: "evil" } : {}) }),
    answers: "403",
  }))
);
const webdav: Case[] = Object.entries(WEBDAV_ITEMS).flatMap(([name, path]) =>
  ["GET", "PROPFIND", "PUT", "DELETE", "MKCOL", "PROPPATCH", "LOCK", "UNLOCK"].map((method) => ({
    name: `webdav ${method} ${name}`,
    bytes: http(THEIRS + path, {
      method,
      rest: false,
      ...(method === "PUT" ? { body: "evil" } : {}),
      headers: method === "PROPFIND" ? ["Depth: 1"] : [],
    }),
    answers: "403",
  }))
);

/** Above repositories: whoever could list or write here would hold all of them. */
const above: Case[] = [`/${DESTINATION}`, `/${DESTINATION}/`, APP, `${APP}/`].flatMap((path) => [
  { name: `rest list ${path.length}`, bytes: http(path), answers: "403" },
  { name: `webdav get ${path.length}`, bytes: http(path, { rest: false }), answers: "403" },
  ...["0", "1", "infinity"].map((depth) => ({
    name: `webdav propfind ${path.length} ${depth}`,
    bytes: http(path, { method: "PROPFIND", rest: false, headers: [`Depth: ${depth}`] }),
    answers: "403",
  })),
  {
    name: `webdav delete ${path.length}`,
    bytes: http(path, { method: "DELETE", rest: false }),
    answers: "403",
  },
  {
    name: `rest create ${path.length}`,
    bytes: http(`${path}?create=true`, { method: "POST", rest: false }),
    answers: "403",
  },
]);

const MOVING_ONTO: Readonly<Record<string, string>> = {
  path: `${THEIRS}/config`,
  absolute: `http://gateway${THEIRS}/config`,
  other_host: `http://127.0.0.1:4694${THEIRS}/config`,
  https: `https://gateway${THEIRS}/config`,
  user_info: `http://module%2Fdokuwiki1@gateway${THEIRS}/config`,
  without_scheme: `//gateway${THEIRS}/config`,
  climbing: `${OWN}/../${VICTIM.uuid}/config`,
  encoded: `${OWN}/%2e%2e/${VICTIM.uuid}/config`,
  relative: "config",
  empty: "",
  own: `${OWN}/config`,
  outside: "/etc/passwd",
};
const moves: Case[] = ["COPY", "MOVE"].flatMap((method) => [
  ...Object.entries(MOVING_ONTO).flatMap(([name, destination]) => [
    {
      name: `${method} own onto ${name}`,
      bytes: http(`${OWN}/keys/${nameOf("keys", "ATTACKER")}`, {
        method,
        rest: false,
        headers: [`Destination: ${destination}`, "Overwrite: T"],
      }),
      answers: "403",
    },
    {
      name: `${method} theirs, as an object over rest, to ${name}`,
      bytes: http(`${THEIRS}/config`, { method, headers: [`Destination: ${destination}`] }),
      answers: "403",
    },
  ]),
  {
    name: `${method} from a source that is not there`,
    bytes: http(`${OWN}/locks/${"00".repeat(32)}`, {
      method,
      rest: false,
      headers: [`Destination: ${OWN}/config`],
    }),
    answers: "403",
  },
  {
    name: `${method} with two destinations`,
    bytes: http(`${OWN}/config`, {
      method,
      rest: false,
      headers: [`Destination: ${OWN}/x`, `Destination: ${THEIRS}/config`],
    }),
    answers: "403",
  },
  {
    name: `${method} without a destination`,
    bytes: http(`${OWN}/config`, { method, rest: false }),
    answers: "403",
  },
]);
/** A `Destination` on what is allowed without it. */
const destinations: Case[] = ["GET", "HEAD", "OPTIONS", "PROPFIND"].map((method) => ({
  name: `${method} own with a destination`,
  bytes: http(`${OWN}/config`, {
    method,
    rest: false,
    headers: ["Depth: 0", `Destination: ${THEIRS}/config`],
  }),
  answers: "403",
}));

const ODD_METHODS: readonly (readonly [method: string, answers: string])[] = [
  ["get", "403"],
  ["Post", "403"],
  ["delete", "403"],
  ["TRACE", "403"],
  ["TRACK", "403"],
  ["DEBUG", "403"],
  ["PATCH", "403"],
  ["LINK", "403"],
  ["PURGE", "403"],
  ["SEARCH", "403"],
  ["REPORT", "403"],
  ["ACL", "403"],
  ["BIND", "403"],
  ["MKCALENDAR", "403"],
  ["VERSION-CONTROL", "403"],
  ["PRI", "400"],
  ["GETX", "403"],
  ["GET!", "403"],
  ["X".repeat(300), "403"],
  ["CONNECT", "400"],
  ["GE\x00T", "400"],
  ["GE(T", "400"],
  ["G\xc3\x89T", "400"],
  ["\tGET", "400"],
  ['"GET"', "400"],
  ["", "400"],
];
const odd: Case[] = ODD_METHODS.flatMap(([method, answers]) => [
  {
    name: `method ${JSON.stringify(method.slice(0, 20))} on theirs`,
    bytes: http(`${THEIRS}/config`, { method }),
    answers,
  },
  {
    name: `method ${JSON.stringify(method.slice(0, 20))} on own config`,
    bytes: http(`${OWN}/config`, { method, rest: false }),
    answers,
  },
]);

export const METHODS: readonly Case[] = [...rest, ...webdav, ...above, ...moves, ...destinations, ...odd];
