import { type Case, chunk, END, http, OWN, THEIRS, V2 } from "./case.ts";

// The first request is the attacker's own upload of its config: it is let in, reaches rclone, and rclone refuses it with 403, since the
// config exists. So what is hidden behind it meets both parsers. Whatever is answered twice was seen as two requests,
// and then the second is judged on its own.
const TARGET = `${OWN}/config`;
const HIDDEN = http(`${THEIRS}/config`, { auth: null });
const HIDDEN_OWN = http(`${THEIRS}/config`);
const DELETING = http(`${THEIRS}/config`, { method: "DELETE" });

const upload = (headers: readonly string[], body: string, method = "POST"): string =>
  http(TARGET, { method, headers, body, keep: true });

/** name: headers, body, answers. `Content-Length` covers what it says; the rest is for the other parser. */
const FRAMES: Readonly<Record<string, readonly [headers: readonly string[], body: string, answers: string]>> =
  {
    cl_te_hidden_behind_the_last_chunk: [
      [`Content-Length: ${END.length + HIDDEN_OWN.length}`, "Transfer-Encoding: chunked"],
      END + HIDDEN_OWN,
      "403",
    ],
    cl_te_order_swapped: [
      ["Transfer-Encoding: chunked", `Content-Length: ${END.length + HIDDEN_OWN.length}`],
      END + HIDDEN_OWN,
      "403",
    ],
    cl_te_deleting: [
      [`Content-Length: ${END.length + DELETING.length}`, "Transfer-Encoding: chunked"],
      END + DELETING,
      "403",
    ],
    te_cl_hidden_in_a_chunk: [
      ["Content-Length: 4", "Transfer-Encoding: chunked"],
      chunk(HIDDEN_OWN) + END,
      "403",
    ],
    cl_0_te: [["Content-Length: 0", "Transfer-Encoding: chunked"], chunk(HIDDEN_OWN) + END, "403"],
    hidden_in_a_body: [[`Content-Length: ${HIDDEN_OWN.length}`], HIDDEN_OWN, "403"],
    hidden_behind_a_body: [["Content-Length: 4"], "evil" + HIDDEN_OWN, "403 403"],
    hidden_without_credentials_behind_a_body: [["Content-Length: 4"], "evil" + HIDDEN, "403 401"],
    hidden_behind_no_body: [["Content-Length: 0"], HIDDEN_OWN, "403 403"],
    hidden_behind_chunks: [["Transfer-Encoding: chunked"], chunk("evil") + END + HIDDEN_OWN, "403 403"],
    te_upper: [["TRANSFER-ENCODING: CHUNKED"], chunk(HIDDEN_OWN) + END, "403"],
    te_mixed_case: [["Transfer-Encoding: cHuNkEd"], chunk(HIDDEN_OWN) + END, "403"],
  };

const frames: Case[] = Object.entries(FRAMES).map(([name, [headers, body, answers]]) => ({
  name,
  bytes: upload(headers, body),
  answers,
}));

/** How the second length is spelled; both go with a body of four bytes and a request behind it. */
const LENGTHS: Readonly<Record<string, readonly [headers: readonly string[], answers: string]>> = {
  two_that_differ: [["Content-Length: 4", "Content-Length: 0"], "400"],
  two_that_differ_swapped: [["Content-Length: 0", "Content-Length: 4"], "400"],
  two_that_agree: [["Content-Length: 4", "Content-Length: 4"], "403 403"],
  a_list_that_differs: [["Content-Length: 4, 0"], "400"],
  a_list_that_agrees: [["Content-Length: 4, 4"], "403 403"],
  negative: [["Content-Length: -4"], "400"],
  plus: [["Content-Length: +4"], "400"],
  hexadecimal: [["Content-Length: 0x4"], "400"],
  octal_looking: [["Content-Length: 04"], "403 403"],
  decimal_point: [["Content-Length: 4.0"], "400"],
  exponent: [["Content-Length: 4e0"], "400"],
  underscore: [["Content-Length: 0_4"], "400"],
  words: [["Content-Length: four"], "400"],
  empty: [["Content-Length:"], "400"],
  blank_inside: [["Content-Length: 4 4"], "400"],
  comma_at_the_end: [["Content-Length: 4,"], "400"],
  comma_at_the_start: [["Content-Length: ,4"], "400"],
  quoted: [['Content-Length: "4"'], "400"],
  beyond_64_bits: [["Content-Length: 18446744073709551620"], "400"],
  beyond_63_bits: [["Content-Length: 9223372036854775812"], "400|403|"],
  thirty_digits: [[`Content-Length: ${"9".repeat(30)}`], "400"],
  full_width_digit: [["Content-Length: \xef\xbc\x94"], "400"],
  nul_behind: [["Content-Length: 4\x00"], "400"],
  vertical_tab_before: [["Content-Length: \x0b4"], "400"],
  form_feed_behind: [["Content-Length: 4\x0c"], "400"],
  blank_before_the_colon: [["Content-Length : 4"], "400"],
  tab_before_the_colon: [["Content-Length\t: 4"], "400"],
  blank_before_the_name: [[" Content-Length: 4"], "403 403"],
  underscore_in_the_name: [["Content_Length: 4"], "403"],
  folded: [["Content-Length:\r\n 4"], "403 403"],
  nul_in_the_name: [["Content-Length\x00: 4"], "400"],
  no_colon: [["Content-Length 4"], "400"],
  bare_carriage_return: [["X: y\rContent-Length: 4"], "400"],
};
const lengths: Case[] = Object.entries(LENGTHS).map(([name, [headers, answers]]) => ({
  name: `length ${name}`,
  bytes: upload(headers, "evil" + HIDDEN_OWN),
  answers,
}));

/** How `Transfer-Encoding: chunked` is spelled; a length of four goes with each, for who does not understand it. */
const CODINGS: Readonly<Record<string, readonly [headers: readonly string[], answers: string]>> = {
  unknown: [["Transfer-Encoding: xchunked"], "400"],
  gzip: [["Transfer-Encoding: gzip"], "400"],
  identity: [["Transfer-Encoding: identity"], "400"],
  gzip_chunked: [["Transfer-Encoding: gzip, chunked"], "422"],
  chunked_gzip: [["Transfer-Encoding: chunked, gzip"], "400"],
  chunked_identity: [["Transfer-Encoding: chunked, identity"], "400"],
  chunked_twice: [["Transfer-Encoding: chunked, chunked"], "400"],
  two_headers: [["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"], "400"],
  two_headers_one_unknown: [["Transfer-Encoding: chunked", "Transfer-Encoding: x"], "400"],
  two_headers_unknown_first: [["Transfer-Encoding: x", "Transfer-Encoding: chunked"], "422"],
  blank_before_the_colon: [["Transfer-Encoding : chunked"], "400"],
  tab_before_the_colon: [["Transfer-Encoding\t: chunked"], "400"],
  tab_before_the_value: [["Transfer-Encoding:\tchunked"], "403"],
  vertical_tab: [["Transfer-Encoding: \x0bchunked"], "400"],
  form_feed: [["Transfer-Encoding: chunked\x0c"], "400"],
  nul: [["Transfer-Encoding: chunked\x00"], "400"],
  quoted: [['Transfer-Encoding: "chunked"'], "400"],
  single_quotes: [["Transfer-Encoding: 'chunked'"], "400"],
  comma_first: [["Transfer-Encoding: ,chunked"], "400"],
  comma_last: [["Transfer-Encoding: chunked,"], "400"],
  parameter: [["Transfer-Encoding: chunked;x=y"], "400"],
  empty: [["Transfer-Encoding:"], "400"],
  folded: [["Transfer-Encoding:\r\n chunked"], "403"],
  folded_behind: [["X: y", " Transfer-Encoding: chunked"], "403 403"],
  underscore: [["Transfer_Encoding: chunked"], "403 403"],
  long_s: [["Transfer-Encoding: chun\xc5\xbfed"], "400"],
  dash_in_front: [["-Transfer-Encoding: chunked"], "403 403"],
  in_connection: [["Connection: Transfer-Encoding", "Transfer-Encoding: chunked"], "403"],
  bare_line_feed_before: [["X: y\nTransfer-Encoding: chunked"], "403"],
  bare_carriage_return_before: [["X: y\rTransfer-Encoding: chunked"], "400"],
};
const codings: Case[] = Object.entries(CODINGS).map(([name, [headers, answers]]) => ({
  name: `coding ${name}`,
  bytes: upload(["Content-Length: 4", ...headers], chunk(HIDDEN_OWN) + END),
  answers,
}));

/** Bodies that say `chunked` and are not quite. */
const CHUNKS: Readonly<Record<string, readonly [body: string, answers: string]>> = {
  extension: ["4;x=y\r\nevil\r\n" + END + HIDDEN_OWN, "403 403"],
  extension_with_a_line_feed: ["4;x\nevil\r\n" + END + HIDDEN_OWN, "400"],
  extension_quoted_line: ['4;x="\r\nevil\r\n"\r\n' + END + HIDDEN_OWN, "400"],
  size_hexadecimal_prefix: ["0x4\r\nevil\r\n" + END + HIDDEN_OWN, "400"],
  size_negative: ["-4\r\nevil\r\n" + END + HIDDEN_OWN, "400"],
  size_plus: ["+4\r\nevil\r\n" + END + HIDDEN_OWN, "400"],
  size_beyond_64_bits: ["10000000000000004\r\nevil\r\n" + END + HIDDEN_OWN, "400"],
  size_almost_64_bits: ["ffffffffffffffff\r\nevil\r\n" + END + HIDDEN_OWN, "400"],
  size_many_zeros: ["000000000000000000004\r\nevil\r\n" + END + HIDDEN_OWN, "403 403"],
  size_blank_behind: ["4 \r\nevil\r\n" + END + HIDDEN_OWN, "403 403"],
  size_blank_before: [" 4\r\nevil\r\n" + END + HIDDEN_OWN, "400"],
  size_empty: ["\r\nevil\r\n" + END + HIDDEN_OWN, "400"],
  size_words: ["four\r\nevil\r\n" + END + HIDDEN_OWN, "400"],
  bare_line_feeds: ["4\nevil\n0\n\n" + HIDDEN_OWN, "400"],
  bare_carriage_returns: ["4\revil\r0\r\r" + HIDDEN_OWN, "400"],
  longer_than_said: ["4\r\nevil and more\r\n" + END + HIDDEN_OWN, "400"],
  shorter_than_said: ["8\r\nevil\r\n" + END + HIDDEN_OWN, "400"],
  line_end_missing: ["4\r\nevil" + END + HIDDEN_OWN, "400"],
  end_missing: ["4\r\nevil\r\n", "|403"],
  end_with_an_extension: [`4\r\nevil\r\n0;x=y\r\n\r\n${HIDDEN_OWN}`, "403 403"],
  end_without_its_empty_line: [`4\r\nevil\r\n0\r\n${HIDDEN_OWN}`, "400"],
  trailer_that_frames: [`4\r\nevil\r\n0\r\nContent-Length: 400\r\n\r\n${HIDDEN_OWN}`, "403 403"],
  trailer_that_authenticates: [`4\r\nevil\r\n0\r\nAuthorization: x\r\n\r\n${HIDDEN_OWN}`, "403 403"],
  trailer_with_a_target: [
    `4\r\nevil\r\n0\r\nX-Original-URL: ${THEIRS}/config\r\n\r\n${HIDDEN_OWN}`,
    "403 403",
  ],
  trailer_malformed: [`4\r\nevil\r\n0\r\nno colon\r\n\r\n${HIDDEN_OWN}`, "400"],
};
const chunks: Case[] = Object.entries(CHUNKS).map(([name, [body, answers]]) => ({
  name: `chunk ${name}`,
  bytes: upload(["Transfer-Encoding: chunked"], body),
  answers,
}));

/** Methods that have no body, with one. The attacker's own answer may be a 200. */
const bodies: Case[] = [
  { name: "GET with a hidden request in its body", bytes: upload([], HIDDEN_OWN, "GET"), answers: "200" },
  { name: "HEAD with a hidden request in its body", bytes: upload([], HIDDEN_OWN, "HEAD"), answers: "200" },
  {
    name: "GET with a hidden request in a chunk",
    bytes: upload(["Transfer-Encoding: chunked"], chunk(HIDDEN_OWN) + END, "GET"),
    answers: "200",
  },
  {
    name: "GET with a length and a shorter body",
    bytes: upload(["Content-Length: 9000"], HIDDEN_OWN, "GET"),
    answers: "",
  },
  {
    name: "PROPFIND of / with a hidden request to the keeper",
    bytes: http("/", {
      method: "PROPFIND",
      rest: false,
      keep: true,
      headers: ["Depth: 1"],
      body: "POST /ready/x/rest-full HTTP/1.1\r\nHost: keeper\r\n\r\n",
    }),
    answers: "207",
  },
  {
    name: "GET with a body to WebDAV",
    bytes: http(TARGET, { rest: false, keep: true, body: HIDDEN_OWN }),
    answers: "200",
  },
  {
    name: "a hidden request behind Expect",
    bytes: upload(["Expect: 100-continue", "Content-Length: 4"], "evil" + HIDDEN_OWN),
    answers: "403 403",
  },
  {
    name: "Expect that nobody knows",
    bytes: upload(["Expect: the-worst", "Content-Length: 4"], "evil" + HIDDEN_OWN),
    answers: "403 403|417 403",
  },
];

/** Line ends and other bytes where a parser may be generous. */
const start = `GET ${THEIRS}/config HTTP/1.1`;
const LINES: Readonly<Record<string, readonly [bytes: string, answers: string]>> = {
  bare_line_feeds: [http(`${THEIRS}/config`).replaceAll("\r\n", "\n"), "403"],
  bare_carriage_returns: [http(`${THEIRS}/config`).replaceAll("\r\n", "\r"), "400"],
  empty_lines_first: [`\r\n\r\n\r\n${HIDDEN_OWN}`, "403"],
  junk_first: [`\x00\x01\x02${HIDDEN_OWN}`, "400"],
  folded_header: [HIDDEN_OWN.replace("Host: gateway", "X: a\r\n b\r\nHost: gateway"), "403"],
  folded_authorization: [HIDDEN_OWN.replace("Authorization: Basic ", "Authorization: Basic\r\n "), "403"],
  first_header_folded: [HIDDEN_OWN.replace("Host:", " Host:"), "400"],
  header_without_name: [HIDDEN_OWN.replace("Host:", ": x\r\nHost:"), "400"],
  header_without_colon: [HIDDEN_OWN.replace("Host:", "x\r\nHost:"), "400"],
  header_name_with_blank: [HIDDEN_OWN.replace("Host:", "X Y: z\r\nHost:"), "400"],
  header_name_with_nul: [HIDDEN_OWN.replace("Host:", "X\x00Y: z\r\nHost:"), "400"],
  header_value_with_nul: [HIDDEN_OWN.replace("Host:", "X: \x00\r\nHost:"), "400"],
  header_split_by_encoding: [
    `GET ${OWN}/config%0d%0aX-Gateway-Verdict:%20yes HTTP/1.1\r\n` +
    HIDDEN_OWN.slice(HIDDEN_OWN.indexOf("Host")),
    "403",
  ],
  two_blanks_in_the_start_line: [HIDDEN_OWN.replace("GET ", "GET  "), "403"],
  tab_in_the_start_line: [HIDDEN_OWN.replace("GET ", "GET\t"), "403"],
  three_words_in_the_target: [
    HIDDEN_OWN.replace(start, `GET ${OWN}/config ${THEIRS}/config HTTP/1.1`),
    "400",
  ],
  blank_before_the_start_line: [` ${HIDDEN_OWN}`, "400"],
  blank_behind_the_version: [HIDDEN_OWN.replace("HTTP/1.1", "HTTP/1.1 "), "400"],
  carriage_return_in_the_target: [HIDDEN_OWN.replace("/config", "/con\rfig"), "400"],
};
const lines: Case[] = Object.entries(LINES).map(([name, [bytes, answers]]) => ({
  name: `line ${name}`,
  bytes,
  answers,
}));

/** Several requests on one connection, each judged on its own. */
const ownConfig = (keep: boolean): string => http(`${OWN}/config`, { keep });
const theirs = (auth: string | null | undefined, keep = false): string =>
  http(`${THEIRS}/config`, { keep, ...(auth === undefined ? {} : { auth }) });
const noCredentials = http(`${OWN}/config`, { auth: null });
const victimsNameWrongSecret = `Authorization: Basic ${btoa("module/dokuwiki1:wrong")}`;
const pipelined: Case[] = [
  { name: "own, then theirs", bytes: ownConfig(true) + theirs(undefined), answers: "200 403" },
  { name: "theirs, then own", bytes: theirs(undefined, true) + ownConfig(false), answers: "403 200" },
  { name: "own, then theirs without credentials", bytes: ownConfig(true) + theirs(null), answers: "200 401" },
  { name: "own, then own without credentials", bytes: ownConfig(true) + noCredentials, answers: "200 401" },
  {
    name: "without credentials, then own",
    bytes: http(`${OWN}/config`, { auth: null, keep: true }) + ownConfig(false),
    answers: "401 200",
  },
  {
    name: "own, then theirs as the victim with a wrong secret",
    bytes: ownConfig(true) + theirs(victimsNameWrongSecret),
    answers: "200 401",
  },
  {
    name: "theirs as the victim with a wrong secret, then own, then theirs",
    bytes: theirs(victimsNameWrongSecret, true) + ownConfig(true) + theirs(undefined),
    answers: "401 200 403",
  },
  {
    name: "HEAD of own, then theirs",
    bytes: http(`${OWN}/config`, { method: "HEAD", keep: true }) + theirs(undefined),
    answers: "200 403",
  },
  {
    name: "own, a refused upload to own, theirs",
    bytes: ownConfig(true) + upload([], "evil") + theirs(undefined),
    answers: "200 403 403",
  },
  {
    name: "own, and a delete of theirs over WebDAV",
    bytes: ownConfig(true) + http(`${THEIRS}/config`, { method: "DELETE", rest: false }),
    answers: "200 403",
  },
  {
    name: "own ten times, then theirs",
    bytes: ownConfig(true).repeat(10) + theirs(undefined),
    answers: `${"200 ".repeat(10)}403`,
  },
  {
    name: "own and theirs, cut in the middle of theirs",
    bytes: [ownConfig(true) + theirs(undefined).slice(0, 60), theirs(undefined).slice(60)],
    answers: "200 403",
    pauseMs: 300,
  },
  {
    name: "own, and theirs after its answer",
    bytes: [ownConfig(true), theirs(undefined)],
    answers: "200 403",
    pauseMs: 500,
  },
  {
    name: "own that closes, then theirs",
    bytes: ownConfig(false) + theirs(undefined),
    answers: "200",
  },
  {
    name: "own over HTTP/1.0 with keep-alive, then theirs",
    bytes: http(`${OWN}/config`, { version: "HTTP/1.0", keep: true, headers: ["Connection: keep-alive"] }) +
      theirs(undefined),
    answers: "200 403",
  },
  {
    name: "theirs by Accept alone, behind own over WebDAV",
    bytes: http(`${OWN}/config`, { rest: false, keep: true }) +
      http(`${THEIRS}/config`, { rest: false, headers: [`Accept: */*, ${V2}`] }),
    answers: "200 403",
  },
].map((each) => ({ ...each, name: `pipelined ${each.name}` }));

export const FRAMING: readonly Case[] = [
  ...frames,
  ...lengths,
  ...codings,
  ...chunks,
  ...bodies,
  ...lines,
  ...pipelined,
];
