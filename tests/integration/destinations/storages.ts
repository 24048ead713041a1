/** Storages of the tests of destinations: real servers, out of the storages' image, on loopback. */
import { startS3 } from "../harness/storage/s3.ts";
import { startSftp } from "../harness/storage/sftp.ts";
import { startSmb } from "../harness/storage/smb.ts";
import { startWebdav } from "../harness/storage/webdav.ts";

/** Who may use them. The tests look for the password in everything that is printed. */
export const LOGIN = { user: "nightly", password: "Stor4ge;#$-%Secret=of&the?test" } as const;

/** The same for S3, whose secrets are of letters, digits, `+` and `/`; and who may only read there. */
export const S3_LOGIN = {
  id: `storage:${LOGIN.user}`,
  reader: `storage:${LOGIN.user}-reader`,
  secret: "Stor4ge/Secret+ofS3",
} as const;

/** For each kind its own: tests run one after the other, but a port that was just closed may not be free yet. S3 takes three more. */
export const PORTS = { s3: 9100, webdav: 9110, sftp: 9120, smb: 9130 } as const;

/** A server with a folder, bucket or share `files`, empty, and one `readonly`. `path` is their folder, S3 apart. */
export type Storage = AsyncDisposable & { readonly path: string };

export async function startStorage(kind: keyof typeof PORTS): Promise<Storage> {
  const start = { s3: startS3, webdav: startWebdav, sftp: startSftp, smb: startSmb }[kind];
  const password = kind === "s3" ? S3_LOGIN.secret : LOGIN.password;
  const storage = await start({ port: PORTS[kind], password });
  return { path: storage.folder, [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose]() };
}

/** An HTTP server in front of another that refuses one method with 403: to everybody, or to the one that connects from an address. */
export function startRefusing(
  method: string,
  port: number,
  behind: string,
  { hostname = "127.0.0.1", only }: { hostname?: string; only?: string } = {},
): AsyncDisposable {
  const server = Deno.serve({ hostname, port, onListen() {} }, async (request, { remoteAddr }) => {
    if (request.method === method && (only === undefined || only === remoteAddr.hostname)) {
      await request.body?.cancel();
      return new Response("not here", { status: 403 });
    }
    const { pathname, search } = new URL(request.url);
    const headers = new Headers(request.headers);
    headers.delete("host");
    const answer = await fetch(`http://${behind}${pathname}${search}`, {
      method: request.method,
      headers,
      body: request.body === null ? null : await request.bytes(),
    });
    return new Response(answer.body, { status: answer.status, headers: answer.headers });
  });
  return { [Symbol.asyncDispose]: () => server.shutdown() };
}
