import { basic, DESTINATION, DOKUWIKI1, DOKUWIKI2, sha256 } from "../harness/cluster.ts";

/**
 * One attack: the bytes of a connection and what has to come back. `bytes` is latin1, one character a byte; of
 * several pieces each is sent on its own, `pauseMs` after the one before.
 *
 * `answers` are the statuses in order, after which the connection is closed: "403", "200 403", "" for a connection
 * that is closed without an answer; `|` between several that are as good, where it depends on which end is faster.
 * A 2xx in it is an answer about the attacker's own repository.
 */
export type Case = {
  readonly name: string;
  readonly bytes: string | readonly string[];
  readonly answers: string;
  readonly pauseMs?: number;
  /** keeps the sending side open: the other side has to end the connection by itself */
  readonly stay?: boolean;
};

export const VICTIM = DOKUWIKI1;
export const ATTACKER = DOKUWIKI2;
export const APP = `/${DESTINATION}/dokuwiki`;
/** The victim's repository, and the attacker's own. */
export const THEIRS = `${APP}/${VICTIM.uuid}`;
export const OWN = `${APP}/${ATTACKER.uuid}`;

/** What is stored in a repository before the attack, by path in REST's grammar: content that says whose it is. */
export function stored(whose: "VICTIM" | "ATTACKER"): Readonly<Record<string, string>> {
  const contents = ["keys", "data", "index", "snapshots", "locks"].map((
    type,
  ) => [type, `${whose}'s ${type}`]);
  return {
    config: `${whose}'s config`,
    ...Object.fromEntries(contents.map(([type = "", text = ""]) => [`${type}/${sha256(text)}`, text])),
  };
}

/** The name of the victim's object of a type; the attacker's with `ATTACKER`. */
export function nameOf(type: string, whose: "VICTIM" | "ATTACKER" = "VICTIM"): string {
  return sha256(`${whose}'s ${type}`);
}

export const V2 = "application/vnd.x.restic.rest.v2";
export const AUTH = `Authorization: ${basic(ATTACKER)}`;

export type Parts = {
  /** default: GET */
  readonly method?: string;
  readonly headers?: readonly string[];
  readonly body?: string;
  readonly version?: string;
  /** default: the attacker's credentials */
  readonly auth?: string | null;
  /** whether REST's `Accept` goes with it; default: yes */
  readonly rest?: boolean;
  readonly host?: string | null;
  /** default: the request says `Connection: close` */
  readonly keep?: boolean;
};

/** A request as text. A body gets its length, unless a header says something about it. */
export function http(target: string, parts: Parts = {}): string {
  const { method = "GET", headers = [], body = "", version = "HTTP/1.1", rest = true } = parts;
  const framed = headers.some((header) => /^\s*(content-length|transfer-encoding)/i.test(header));
  const lines = [
    `${method} ${target} ${version}`,
    ...(parts.host === null ? [] : [parts.host ?? "Host: gateway"]),
    ...(parts.auth === null ? [] : [parts.auth ?? AUTH]),
    ...(rest ? [`Accept: ${V2}`] : []),
    ...headers,
    ...(body !== "" && !framed ? [`Content-Length: ${body.length}`] : []),
    ...(parts.keep === true ? [] : ["Connection: close"]),
  ];
  return lines.map((line) => `${line}\r\n`).join("") + "\r\n" + body;
}

/** One chunk of a chunked body, and its end. */
export const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
export const END = "0\r\n\r\n";
