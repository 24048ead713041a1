import { basic, type TestIdentity } from "./cluster.ts";

export const REST = "application/vnd.x.restic.rest.v2";

/** One request to the gateway, its body read to the end. */
export async function request(method: string, url: string, options: {
  as?: TestIdentity;
  rest?: boolean;
  headers?: Readonly<Record<string, string>>;
  body?: BodyInit;
  timeoutMs?: number;
  client?: Deno.HttpClient;
} = {}): Promise<{ status: number; headers: Headers; text: string }> {
  const headers = new Headers(options.headers);
  if (options.as !== undefined) headers.set("authorization", basic(options.as));
  if (options.rest ?? true) headers.set("accept", REST);
  const response = await fetch(url, {
    method,
    headers,
    ...(options.client === undefined ? {} : { client: options.client }),
    ...(options.body === undefined ? {} : { body: options.body }),
    signal: AbortSignal.timeout(options.timeoutMs ?? 60_000),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}
