import { type Context, Hono } from "hono";
import { type RcloneServer, SERVERS } from "./domain/decision.ts";
import { parseLockRecord } from "./domain/lock.ts";
import { type Locks, MOST_LOCKS } from "./locks/locks.ts";
import type { Bundle } from "./render/bundle.ts";
import type { Instances } from "./rclone/instances.ts";
import type { Looked } from "./rclone/rest_server.ts";
import type { Troubles } from "./rclone/troubles.ts";
import type { Stored, Uploads } from "./rclone/uploads.ts";

const STATUS = { absent: 204, same: 200, differs: 403, unknown: 503 } as const;
/** What a client is told where its upload does not go on. */
const BECAUSE: Readonly<Record<Stored, string | null>> = {
  absent: null,
  same: null,
  differs: "another object is stored under this name",
  unknown: "whether this object is stored already cannot be told at the moment; try again",
};

/** What the keeper works with. */
export type KeeperParts = {
  readonly bundle: () => Bundle;
  readonly instances: Pick<Instances, "ready" | "instance">;
  readonly uploads: Pick<Uploads, "compare">;
  /** whether something is stored under a request's path */
  readonly look: (instance: string, path: string) => Promise<Looked["kind"]>;
  readonly locks: Pick<Locks, "claim" | "removed">;
  readonly troubles: Pick<Troubles, "failed">;
};

/**
 * What HAProxy asks the controller, over a unix socket of its own (gateway/haproxy/keeper.lua):
 *
 * - `POST /ready/<instance>/<server>`: 204 once the server accepts connections, 503 with the reason otherwise
 * - `GET /absent/<instance>/<length><path>`: before an upload: 204 nothing is stored there, 200 the same object is, 403
 *   another one is, 503 cannot be told; the last two with the reason
 * - `POST /lock/<instance>/<length><path>`: the same before the upload of a lock, which is put on record as that of
 *   `X-Gateway-Identity`, by the right of `X-Gateway-Reason`; 403 where that has too many, too
 * - `DELETE /lock/<instance>/-<path>`: after a lock was removed
 * - `GET /stored/<instance>/<length><path>`: after a refused upload; that there is nothing is 503, too
 * - `GET /missing/<instance>/<length><path>`: after WebDAV's 404 or 405: 204 there is nothing, 200 there is something, 503
 *   cannot be told
 * - `POST /failed/<instance>`: rclone has said that its storage failed
 * - `PROPFIND /`, `OPTIONS /`: the list of destinations, passed on from a client that the sidecar has allowed
 */
export function keeperApp({ bundle, instances, uploads, look, locks, troubles }: KeeperParts): Hono {
  const app = new Hono();

  app.post("/ready/:instance/:server", async (context) => {
    const { instance, server } = context.req.param();
    const [destination = ""] = instance.split(".");
    for (const [id, because] of bundle().notServed) {
      if (id === destination) return context.text(oneLine(because), 503);
    }
    for (const [id, address] of bundle().elsewhere) {
      if (id === destination) return context.text(notPassedOn(address), 503);
    }
    if (!isServer(server)) return context.text("no such server", 404);
    const readiness = await instances.ready(instance, server);
    return readiness.kind === "ready"
      ? context.body(null, 204)
      : context.text(oneLine(readiness.because), 503);
  });

  const compare = async (context: Context): Promise<{ stored: Stored; path: string }> => {
    const { instance = "", length = "" } = context.req.param();
    const path = clientPath(context);
    if (instances.instance(instance) === undefined) return { stored: "unknown", path };
    return { stored: await uploads.compare(instance, path, length), path };
  };
  app.get("/absent/:instance/:length/:path{.+}", async (context) => {
    const { stored } = await compare(context);
    return upload(stored);
  });
  app.get("/stored/:instance/:length/:path{.+}", async (context) => {
    const { stored } = await compare(context);
    // It was refused, and nothing is there (any more): the next attempt gets in.
    return context.body(null, stored === "absent" ? 503 : STATUS[stored]);
  });
  app.get("/missing/:instance/:length/:path{.+}", async (context) => {
    const { instance } = context.req.param();
    const path = clientPath(context).replace(/\/+$/, "");
    // Of the destination itself there is no object: any other name tells whether the storage answers.
    const asked = /^\/[^/]+$/.test(path) ? `${path}/config` : path;
    const found = instances.instance(instance) === undefined ? "unknown" : await look(instance, asked);
    if (found === "unknown" && instances.instance(instance) !== undefined) troubles.failed(instance);
    return context.body(null, found === "absent" ? 204 : found === "there" ? 200 : 503);
  });
  app.post("/failed/:instance", (context) => {
    const { instance } = context.req.param();
    if (instances.instance(instance) !== undefined) troubles.failed(instance);
    return context.body(null, 204);
  });
  app.post("/lock/:instance/:length/:path{.+}", async (context) => {
    const { stored, path } = await compare(context);
    if (stored !== "absent") return upload(stored);
    const lock = lockPath(path);
    const owner = context.req.header("x-gateway-identity") ?? "";
    const record = parseLockRecord(`${context.req.header("x-gateway-reason")} ${owner}\n`);
    if (lock === undefined || record === undefined) return context.body(null, 404);
    switch (await locks.claim(lock, record)) {
      case "claimed":
        return context.body(null, 204);
      case "anothers":
        return context.text("another is just creating this lock; try again", 503);
      case "busy":
        return context.text("many locks are just being created in this repository; try again", 503);
      case "too-many":
        return context.text(
          `${owner} has ${MOST_LOCKS} locks in this repository: remove the old ones with restic unlock`,
          403,
        );
    }
  });

  app.delete("/lock/:instance/:length/:path{.+}", (context) => {
    const lock = lockPath(clientPath(context));
    if (lock === undefined) return context.body(null, 404);
    locks.removed(lock);
    return context.body(null, 204);
  });

  app.on("OPTIONS", "/", (context) => context.body(null, 200, { DAV: "1", Allow: "OPTIONS, PROPFIND" }));
  app.on("PROPFIND", "/", (context) => {
    const deep = context.req.header("depth") === "1";
    const known = deep
      ? [
        ...bundle().instances.map(({ destination }) => destination),
        ...bundle().notServed.keys(),
        ...bundle().elsewhere.keys(),
      ]
      : [];
    return context.body(multistatus(["/", ...known.sort().map((id) => `/${id}/`)]), 207, {
      "content-type": 'application/xml; charset="utf-8"',
    });
  });
  // To a client it is a passing trouble, and none of its business.
  app.onError((error) => {
    console.error(`controller: Cannot answer HAProxy: ${error.stack}`);
    return new Response(null, { status: 503 });
  });
  return app;
}

/** What an upload that was looked up is to do: go on (204), or what it is told instead. */
function upload(stored: Stored): Response {
  return new Response(BECAUSE[stored], { status: STATUS[stored] });
}

/** The client's path, byte for byte: what is behind the three segments that were put before it. */
function clientPath(context: Context): string {
  const { pathname } = new URL(context.req.url);
  return pathname.split("/").slice(4).map((segment) => `/${segment}`).join("");
}

/** `<destination>/<app type>/<module uuid>/<name>` of a request's path to a lock. */
function lockPath(path: string): string | undefined {
  return /^\/([^/]+)\/([^/]+)\/([^/]+)\/locks\/([0-9a-f]{64})$/.exec(path)?.slice(1).join("/");
}

/** What comes from another node is never passed on, so that nothing goes round in circles. */
function notPassedOn(address: string): string {
  return `it is on the disk of node ${address}, and what comes from another node is not passed on`;
}

function isServer(text: string): text is RcloneServer {
  return SERVERS.some((server) => server === text);
}

/** Somebody else's words as one line of plain text: what a client prints must not be able to steer its terminal. */
function oneLine(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x1f\x7f-\x9f]+/g, " ").slice(0, 500);
}

/** RFC 4918, section 13. The paths are `/` and uuids: nothing in them needs escaping. */
function multistatus(paths: readonly string[]): string {
  const responses = paths.map((path) =>
    `<D:response><D:href>${path}</D:href><D:propstat><D:prop><D:resourcetype><D:collection/></D:resourcetype>` +
    `</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>`
  );
  return `<?xml version="1.0" encoding="UTF-8"?><D:multistatus xmlns:D="DAV:">${
    responses.join("")
  }</D:multistatus>`;
}
