import { type Case, http, OWN, THEIRS } from "./case.ts";

const CONFIG = `${THEIRS}/config`;

/** Targets that are not a path. */
const TARGETS: Readonly<Record<string, readonly [target: string, answers: string]>> = {
  absolute: [`http://gateway${CONFIG}`, "403"],
  absolute_own: [`http://gateway${OWN}/config`, "403"],
  absolute_other_host: [`http://elsewhere${CONFIG}`, "400"],
  absolute_https: [`https://gateway${CONFIG}`, "403"],
  absolute_upper: [`HTTP://GATEWAY${CONFIG}`, "403"],
  absolute_with_user: [`http://module@gateway${CONFIG}`, "403"],
  absolute_with_port: [`http://gateway:4694${CONFIG}`, "400"],
  absolute_without_path: ["http://gateway", "403"],
  absolute_without_host: [`http://${CONFIG}`, "400"],
  absolute_file: [`file://${CONFIG}`, "400"],
  absolute_ftp: [`ftp://gateway${CONFIG}`, "403"],
  absolute_unix: [`http+unix://gateway${CONFIG}`, "403"],
  scheme_only: ["http:", "400"],
  authority: ["gateway:4694", "400"],
  authority_without_scheme: [`gateway${CONFIG}`, "400"],
  double_slash: [`//gateway${CONFIG}`, "403"],
  asterisk: ["*", "400"],
  asterisk_and_path: [`*${CONFIG}`, "400"],
  relative: [CONFIG.slice(1), "400"],
  dot: [".", "400"],
  question_mark: ["?create=true", "400"],
  fragment: ["#", "400"],
  percent: ["%2f", "400"],
  blank: ["", "400"],
};
const targets: Case[] = Object.entries(TARGETS).flatMap(([name, [target, answers]]) => [
  { name: `target ${name}`, bytes: http(target), answers },
  {
    name: `target ${name} options`,
    bytes: http(target, { method: "OPTIONS", rest: false }),
    // The one method that HAProxy knows this form with.
    answers: target === "*" ? "403" : answers,
  },
]);

const connects: Case[] = [
  ["authority", "gateway:4694"],
  ["redis", "127.0.0.1:6379"],
  ["health", "127.0.0.1:4695"],
  ["path", CONFIG],
  ["absolute", `http://gateway${CONFIG}`],
  ["socket", "/run/gateway/authz/authz.sock"],
].map(([name = "", target = ""]) => ({
  name: `connect ${name}`,
  bytes: http(target, { method: "CONNECT", host: `Host: ${target}`, keep: true }) + http(CONFIG),
  // In its own form HAProxy lets CONNECT through to what judges targets; in any other it refuses.
  answers: /^[a-z0-9.]+:[0-9]+$/.test(target) ? "403 403" : "400",
}));

const VERSIONS: Readonly<Record<string, readonly [version: string, answers: string]>> = {
  "1.0": ["HTTP/1.0", "403"],
  "0.9": ["HTTP/0.9", "403"],
  "1.2": ["HTTP/1.2", "403"],
  "2.0": ["HTTP/2.0", "403"],
  "3.0": ["HTTP/3.0", "403"],
  "9.9": ["HTTP/9.9", "403"],
  "1": ["HTTP/1", "400"],
  "01.1": ["HTTP/01.1", "400"],
  "1.10": ["HTTP/1.10", "400"],
  lower: ["http/1.1", "400"],
  icap: ["ICAP/1.0", "400"],
  rtsp: ["RTSP/1.0", "400"],
  shttp: ["HTTPS/1.1", "400"],
  nul: ["HTTP/1.1\x00", "400"],
};
const versions: Case[] = Object.entries(VERSIONS).map(([name, [version, answers]]) => ({
  name: `version ${name}`,
  bytes: http(CONFIG, { version }),
  answers,
}));

const hosts: Case[] = [
  { name: "host absent", bytes: http(CONFIG, { host: null }), answers: "403" },
  { name: "host empty", bytes: http(CONFIG, { host: "Host:" }), answers: "403" },
  { name: "host twice", bytes: http(CONFIG, { headers: ["Host: gateway"] }), answers: "403" },
  { name: "host twice that differ", bytes: http(CONFIG, { headers: ["Host: victim"] }), answers: "400" },
  { name: "host with a path", bytes: http(CONFIG, { host: `Host: gateway${OWN}` }), answers: "400" },
  { name: "host with credentials", bytes: http(CONFIG, { host: "Host: module@gateway" }), answers: "400" },
  {
    name: "host of the health pages",
    bytes: http("/status", { host: "Host: 127.0.0.1:4695" }),
    answers: "403",
  },
  { name: "host with a NUL", bytes: http(CONFIG, { host: "Host: gate\x00way" }), answers: "400" },
  { name: "host with a blank", bytes: http(CONFIG, { host: "Host: gate way" }), answers: "400" },
  {
    name: "host with a blank before the colon",
    bytes: http(CONFIG, { host: "Host : gateway" }),
    answers: "400",
  },
  {
    name: "host absent in own, absent for rclone, too",
    bytes: http(`${OWN}/config`, { host: null }),
    answers: "400",
  },
];

const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const settings = "\x00\x00\x00\x04\x00\x00\x00\x00\x00";
const protocols: Case[] = [
  { name: "http/2 by prior knowledge", bytes: preface + settings, answers: "400" },
  { name: "http/2 preface alone", bytes: preface, answers: "400" },
  {
    name: "http/2 preface in two pieces",
    bytes: [preface.slice(0, 8), preface.slice(8) + settings],
    answers: "400",
    pauseMs: 200,
  },
  {
    name: "http/2 preface behind a request",
    bytes: http(`${OWN}/config`, { keep: true }) + preface + settings,
    answers: "200 400",
  },
  {
    name: "http/2 preface in an own upload",
    bytes: http(`${OWN}/config`, { method: "POST", body: preface + settings }),
    answers: "403",
  },
  { name: "PRI as a method of HTTP/1.1", bytes: http("*", { method: "PRI" }), answers: "400" },
  {
    name: "h2c upgrade of theirs",
    bytes: http(CONFIG, {
      keep: true,
      headers: [
        "Connection: Upgrade, HTTP2-Settings",
        "Upgrade: h2c",
        "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA",
      ],
    }),
    answers: "403",
  },
  {
    name: "h2c upgrade of own, then frames and theirs",
    bytes: [
      http(`${OWN}/config`, {
        keep: true,
        headers: [
          "Connection: Upgrade, HTTP2-Settings",
          "Upgrade: h2c",
          "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA",
        ],
      }),
      preface + settings,
      http(CONFIG),
    ],
    answers: "200 400",
    pauseMs: 200,
  },
  {
    name: "websocket of theirs",
    bytes: http(CONFIG, {
      keep: true,
      headers: [
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      ],
    }),
    answers: "403",
  },
  {
    name: "websocket of own, then theirs in the tunnel",
    bytes: [
      http(`${OWN}/config`, {
        keep: true,
        headers: [
          "Connection: Upgrade",
          "Upgrade: websocket",
          "Sec-WebSocket-Version: 13",
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ],
      }),
      http(CONFIG),
    ],
    answers: "200 403",
    pauseMs: 300,
  },
  {
    name: "websocket of a wrong version, then theirs in the tunnel",
    bytes: [
      http(`${OWN}/config`, {
        keep: true,
        rest: false,
        headers: ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 777"],
      }),
      http(CONFIG),
    ],
    answers: "400",
    pauseMs: 300,
  },
  {
    name: "upgrade to anything, then theirs in the tunnel",
    bytes: [
      http(`${OWN}/config`, { keep: true, headers: ["Connection: Upgrade", "Upgrade: TLS/1.0, any"] }),
      http(CONFIG),
    ],
    answers: "200 403",
    pauseMs: 300,
  },
  { name: "http/0.9", bytes: `GET ${CONFIG}\r\n`, answers: "400" },
  { name: "http/0.9 with an empty line", bytes: `GET ${CONFIG}\r\n\r\n`, answers: "400" },
  { name: "tls client hello", bytes: "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00\r\n\r\n", answers: "400" },
  {
    name: "proxy protocol",
    bytes: `PROXY TCP4 127.0.0.1 127.0.0.1 1 4694\r\n${http(CONFIG)}`,
    answers: "400",
  },
  {
    name: "proxy protocol, binary",
    bytes: `\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\x7f\x00\x00\x01\x7f\x00\x00\x01\x00\x01\x12\x56${
      http(CONFIG)
    }`,
    answers: "400",
  },
  { name: "redis commands", bytes: "*1\r\n$4\r\nPING\r\n\r\n", answers: "400" },
  { name: "nothing but an end", bytes: "", answers: "400" },
  { name: "nothing but empty lines", bytes: "\r\n\r\n\r\n", answers: "400" },
  { name: "half a request line", bytes: `GET ${CONFIG}`, answers: "400" },
  { name: "a request without its empty line", bytes: http(CONFIG).slice(0, -2), answers: "400" },
];

const filler = (count: number, length: number): string[] =>
  Array.from({ length: count }, (_, index) => `X-Filler-${index}: ${"x".repeat(length)}`);
const sizes: Case[] = [
  { name: "a target of 8 KB", bytes: http(`${THEIRS}/${"x".repeat(8_000)}`), answers: "403" },
  { name: "a target of 14 KB", bytes: http(`${THEIRS}/${"x".repeat(14_000)}`), answers: "403" },
  { name: "a target of 20 KB", bytes: http(`${THEIRS}/${"x".repeat(20_000)}`), answers: "400" },
  { name: "a target of 1 MB", bytes: http(`${THEIRS}/${"x".repeat(1_000_000)}`), answers: "400" },
  { name: "a deep target", bytes: http(`${THEIRS}${"/x".repeat(3_000)}`), answers: "403" },
  { name: "a deep climb", bytes: http(`${OWN}${"/..".repeat(3_000)}`), answers: "403" },
  { name: "a method of 20 KB", bytes: http(CONFIG, { method: "G".repeat(20_000) }), answers: "400" },
  { name: "a header of 12 KB", bytes: http(CONFIG, { headers: filler(1, 12_000) }), answers: "403" },
  { name: "a header of 64 KB", bytes: http(CONFIG, { headers: filler(1, 64_000) }), answers: "400" },
  { name: "a header of 1 MB", bytes: http(CONFIG, { headers: filler(1, 1_000_000) }), answers: "400" },
  {
    name: "a header name of 12 KB",
    bytes: http(CONFIG, { headers: [`${"x".repeat(12_000)}: y`] }),
    answers: "400",
  },
  { name: "90 headers", bytes: http(CONFIG, { headers: filler(90, 10) }), answers: "403" },
  { name: "200 headers", bytes: http(CONFIG, { headers: filler(200, 10) }), answers: "400" },
  { name: "10,000 headers", bytes: http(CONFIG, { headers: filler(10_000, 1) }), answers: "400" },
  {
    name: "80 headers of own, dropped on the way",
    bytes: http(`${OWN}/config`, { headers: filler(80, 100) }),
    answers: "200",
  },
  {
    name: "80 Accept headers",
    bytes: http(CONFIG, { headers: Array.from({ length: 80 }, () => "Accept: */*") }),
    answers: "403",
  },
  {
    name: "80 Depth headers",
    bytes: http(CONFIG, { headers: Array.from({ length: 80 }, () => "Depth: 0") }),
    answers: "403",
  },
  {
    name: "an Accept of 12 KB",
    bytes: http(CONFIG, { headers: [`Accept: ${"x".repeat(12_000)}`] }),
    answers: "403",
  },
  {
    name: "an Authorization of 12 KB",
    bytes: http(CONFIG, { auth: `Authorization: Basic ${"QUFB".repeat(3_000)}` }),
    answers: "401",
  },
  {
    name: "a Destination of 12 KB",
    bytes: http(CONFIG, { headers: [`Destination: /${"x".repeat(12_000)}`] }),
    answers: "403",
  },
  {
    name: "target, Accept and Authorization of 4 KB each",
    bytes: http(`${THEIRS}/${"x".repeat(4_000)}`, {
      auth: `Authorization: Basic ${"QUFB".repeat(1_000)}`,
      headers: [`Accept: ${"x".repeat(4_000)}`],
    }),
    answers: "401",
  },
  {
    name: "an Accept with control characters",
    bytes: http(CONFIG, { rest: false, headers: ["Accept: \x01\x02\x7f"] }),
    answers: "400",
  },
  {
    name: "an Accept with bytes above ASCII",
    bytes: http(CONFIG, { rest: false, headers: ["Accept: \xff\xfe\x80"] }),
    answers: "403",
  },
  {
    name: "a Depth with control characters",
    bytes: http(CONFIG, { headers: ["Depth: \x01"] }),
    answers: "400",
  },
  {
    name: "an Authorization with control characters",
    bytes: http(CONFIG, { auth: "Authorization: Basic \x01\x02" }),
    answers: "400",
  },
  {
    name: "a Range of 6 KB on own, more than rclone takes",
    bytes: http(`${OWN}/config`, { headers: [`Range: bytes=${"0-0,".repeat(3_000)}0-0`] }),
    answers: "431",
  },
];

/** Those that wait: each is ended by the other side, not later than `timeout http-request`. */
const slow: Case[] = [
  { name: "slow nothing at all", bytes: "", answers: "408", stay: true },
  { name: "slow half a request line", bytes: "GET /", answers: "408", stay: true },
  { name: "slow headers that never end", bytes: http(CONFIG).slice(0, -2), answers: "408", stay: true },
  {
    name: "slow one header a second",
    bytes: [`GET ${CONFIG} HTTP/1.1\r\n`, ...Array.from({ length: 14 }, (_, index) => `X-${index}: y\r\n`)],
    answers: "408",
    pauseMs: 1000,
    stay: true,
  },
  {
    name: "slow one byte at a time",
    bytes: [...http(CONFIG).slice(0, 60)],
    answers: "408",
    pauseMs: 250,
    stay: true,
  },
  {
    name: "a refused upload whose body never comes",
    bytes: http(CONFIG, { method: "POST", headers: ["Content-Length: 1000"] }),
    answers: "403",
  },
  {
    name: "a refused upload whose chunks never come",
    bytes: http(CONFIG, { method: "POST", headers: ["Transfer-Encoding: chunked"] }),
    answers: "403",
  },
];

export const CONNECTIONS: readonly Case[] = [
  ...targets,
  ...connects,
  ...versions,
  ...hosts,
  ...protocols,
  ...sizes,
  ...slow,
];
