import { Hono } from "hono";
import { type RcloneServer, SERVERS } from "./domain/decision.ts";
import type { Bundle } from "./render/bundle.ts";
import type { Instances } from "./rclone/instances.ts";
import { compareStored } from "./rclone/stored.ts";

/** How long a storage may take to answer a lookup, in milliseconds. */
const LOOKUP_TIMEOUT_MS = 100_000;

/**
 * What HAProxy asks the controller, over a unix socket of its own (gateway/haproxy/keeper.lua):
 *
 * - `POST /ready/<instance>/<server>`: 204 once the server accepts connections, 503 with the reason otherwise
 * - `GET /absent/<instance>/<length><path>`: before an upload: 204 nothing is stored there, 200 the same object is, 403
 *   another one is, 503 cannot be told
 * - `GET /stored/<instance>/<length><path>`: after a refused upload, the same; that there is nothing is 503, too
 * - `PROPFIND /`, `OPTIONS /`: the list of destinations, passed on from a client that the sidecar has allowed
 */
export function keeperApp(bundle: () => Bundle, instances: Instances): Hono {
  const app = new Hono();

  app.post("/ready/:instance/:server", async (context) => {
    const { instance, server } = context.req.param();
    const [destination = ""] = instance.split(".");
    for (const [id, because] of bundle().notServed) {
      if (id === destination) return context.text(oneLine(because), 503);
    }
    if (!isServer(server)) return context.text("no such server", 404);
    const readiness = await instances.ready(instance, server);
    return readiness.kind === "ready"
      ? context.body(null, 204)
      : context.text(oneLine(readiness.because), 503);
  });

  // The same question before an upload and after a refused one; only "absent" is answered in another way.
  for (const [question, ifAbsent] of [["absent", 204], ["stored", 503]] as const) {
    app.get(`/${question}/:instance/:length/:path{.+}`, async (context) => {
      const { instance, length } = context.req.param();
      if (instances.instance(instance) === undefined) return context.body(null, 503);
      const { pathname } = new URL(context.req.url);
      // The client's path, byte for byte: what is behind the segments that were put before it.
      const path = pathname.slice(`/${question}/${instance}/${length}`.length);
      const socket = instances.socket(instance, "rest-append");
      switch (await compareStored(socket, path, length, LOOKUP_TIMEOUT_MS)) {
        case "absent":
          return context.body(null, ifAbsent);
        case "same":
          return context.body(null, 200);
        case "differs":
          return context.body(null, 403);
        case "unknown":
          return context.body(null, 503);
      }
    });
  }

  app.on("OPTIONS", "/", (context) => context.body(null, 200, { DAV: "1", Allow: "OPTIONS, PROPFIND" }));
  app.on("PROPFIND", "/", (context) => {
    const deep = context.req.header("depth") === "1";
    const known = deep
      ? [...bundle().instances.map(({ destination }) => destination), ...bundle().notServed.keys()]
      : [];
    return context.body(multistatus(["/", ...known.sort().map((id) => `/${id}/`)]), 207, {
      "content-type": 'application/xml; charset="utf-8"',
    });
  });
  return app;
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
