import { formatRepositoryPath } from "../../gateway/domain/repository.ts";
import type { Credentials, Repository } from "../restic/access.ts";

/** This host's gateway (`http://127.0.0.1:4694`), as a node asks it. */
export type Gateway = { readonly url: string; readonly credentials: Credentials };

/** What it answered: the whole body is there. */
export type Answer = { readonly status: number; readonly body: Uint8Array };

/** A slow storage may think for minutes about the end of an upload. */
const ANSWER_MS = 300_000;
/** Passing trouble is told as one of these, as it is to restic. */
const PASSING = [502, 503, 504];
const PAUSES_MS = [1000, 2000, 4000, 8000];

/** Asks below a repository's destination; what is said to pass is asked again, for a quarter of a minute. Throws where nobody answers. */
export async function askGateway(
  { url, credentials: { user, secret } }: Gateway,
  request: { method: string; path: string; headers?: Record<string, string>; body?: Uint8Array<ArrayBuffer> },
  signal: AbortSignal,
): Promise<Answer> {
  const { method, path, headers, body } = request;
  const authorization = `Basic ${new TextEncoder().encode(`${user}:${secret}`).toBase64()}`;
  for (let attempt = 0;; attempt++) {
    const pause = PAUSES_MS[attempt];
    try {
      const response = await fetch(`${url}/${path}`, {
        method,
        headers: { ...headers, authorization },
        redirect: "error",
        signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
        ...(body === undefined ? {} : { body }),
      });
      const answer = { status: response.status, body: await response.bytes() };
      if (pause === undefined || !PASSING.includes(answer.status)) return answer;
    } catch (error) {
      signal.throwIfAborted();
      if (pause === undefined) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
    signal.throwIfAborted();
  }
}

/** Where a repository is below the gateway. */
export function pathOf({ destination, path }: Repository): string {
  return `${destination}/${formatRepositoryPath(path)}`;
}

/** What it answered, for a message: never more than a line. */
export function told({ status, body }: Answer): string {
  const text = new TextDecoder().decode(body.subarray(0, 200)).split("\n")[0]?.trim() ?? "";
  return text === "" ? String(status) : `${status} (${text})`;
}
