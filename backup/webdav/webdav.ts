import { oneLine } from "../../gateway/domain/node_trial.ts";
import type { Credentials } from "../restic/access.ts";
import { boundedText } from "../../gateway/bounded_text.ts";
import { type Entry, parseMultistatus } from "./multistatus.ts";

/** What was asked for, or nothing there, or why it cannot be told. */
export type Answer<T> =
  | { readonly kind: "found"; readonly value: T }
  | { readonly kind: "absent" }
  | { readonly kind: "failed"; readonly because: string };

/** The gateway's WebDAV, for reading. Paths are `/<destination>/…`, of characters that need no quoting in an address. */
export type WebDav = {
  /** what a folder holds */
  list(path: string): Promise<Answer<Entry[]>>;
  /** whether there is a file or a folder */
  has(path: string): Promise<Answer<true>>;
  /** a file as text, if it is UTF-8 and has `most` bytes at most */
  read(path: string, most: number): Promise<Answer<string>>;
};

/** A list of some ten thousand entries. */
const MOST_LIST = 16 << 20;
const MOST_MESSAGE = 4096;

/** One request may take `timeoutMs`; `signal` ends all of them. */
export function webdav(
  gateway: string,
  { user, secret }: Credentials,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal?: AbortSignal },
): WebDav {
  const ask = async <T>(
    method: "GET" | "PROPFIND",
    path: string,
    depth: "0" | "1",
    read: (response: Response) => Promise<Answer<T>>,
  ): Promise<Answer<T>> => {
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(`${gateway}${path}`, {
        method,
        redirect: "error",
        headers: { authorization: `Basic ${encodeBasic(`${user}:${secret}`)}`, depth },
        signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
      });
      if (response.ok) return await read(response);
      const said = oneLine(await boundedText(response.body, MOST_MESSAGE) ?? "");
      if (response.status === 404) return { kind: "absent" };
      return { kind: "failed", because: `${response.status}${said === "" ? "" : ` (${said})`}` };
    } catch (error) {
      const because = timeout.aborted
        ? `no answer within ${timeoutMs / 1000} s`
        : signal?.aborted
        ? "no time was left for it"
        : oneLine((error as Error).message);
      return { kind: "failed", because };
    }
  };
  return {
    list: (path) =>
      ask("PROPFIND", path, "1", async ({ body }) => {
        const text = await boundedText(body, MOST_LIST);
        if (text === undefined) return { kind: "failed", because: `a list of more than ${MOST_LIST} bytes` };
        const entries = parseMultistatus(text, path);
        return entries === undefined
          ? { kind: "failed", because: "the answer is no list" }
          : { kind: "found", value: entries };
      }),
    has: (path) =>
      ask("PROPFIND", path, "0", async ({ body }) => {
        await body?.cancel();
        return { kind: "found", value: true };
      }),
    read: (path, most) =>
      ask("GET", path, "0", async ({ body }) => {
        const text = await boundedText(body, most);
        return text === undefined
          ? { kind: "failed", because: `it is larger than ${most} bytes` }
          : { kind: "found", value: text };
      }),
  };
}

/** Base64 of the text's UTF-8 (RFC 7617 with charset="UTF-8"); btoa alone takes no other characters than Latin-1. */
function encodeBasic(text: string): string {
  return new TextEncoder().encode(text).toBase64();
}
