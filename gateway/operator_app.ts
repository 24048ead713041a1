import { Hono } from "hono";
import type { BackupsOnNodes } from "./backups/backups_on_nodes.ts";
import { parseBackupId } from "./domain/backup_run.ts";
import { notCreatable } from "./rclone/creatable.ts";
import type { InstanceState } from "./rclone/instance_state.ts";
import { runRclone, type Said } from "./rclone/run.ts";
import type { Bundle } from "./render/bundle.ts";
import type { OtherNodes } from "./validation/validation.ts";
import { COMBINED, renderCombined } from "./render/combined.ts";

/** What the operator asks the running gateway to run. */
export type RcloneRequest = { readonly args: readonly string[]; readonly config?: string };
/** One line of the answer: a piece of a stream in base64, or the exit code, which is the last. */
export type RcloneLine = { readonly stdout: string } | { readonly stderr: string } | {
  readonly exit: number;
};

/** What the operator's socket works with. */
export type OperatorParts = {
  readonly bundle: () => Bundle;
  readonly stateOf: (instance: string) => InstanceState;
  /** where temporary configurations may be */
  readonly folder: string;
  readonly others: OtherNodes;
  readonly backups: BackupsOnNodes;
};

/**
 * What the operator asks, over a socket in `STATE_DIR` that only the gateway's user and root can open:
 *
 * - `POST /rclone` with {@link RcloneRequest} runs rclone with the given configuration, or with all destinations and
 *   `combined:`; the answer is {@link RcloneLine}s, one JSON a line. Who closes the connection ends it.
 * - `GET /validate`: the numbers of the other nodes; `POST /validate` with AskedToTry (validation/judge.ts)
 *   asks them to try a destination: NodeTrials (domain/node_trial.ts).
 * - `POST /backups/<n>/run?node=1&node=2` starts a backup on these nodes, `GET /backups/<n>?node=…` tells how it stands there:
 *   NodeBackupRuns (domain/backup_run.ts).
 */
export function operatorApp({ bundle, stateOf, folder, others, backups }: OperatorParts): Hono {
  const app = new Hono();
  app.post("/rclone", async (context) => {
    const { args, config } = await context.req.json() as RcloneRequest;
    const { signal } = context.req.raw;
    const lines = async function* (): AsyncGenerator<RcloneLine> {
      const using = { config: config ?? "" };
      if (config === undefined) {
        const named = args.some((arg) => arg.includes(`${COMBINED}:`));
        const left = named ? await leftOut() : new Map<string, string>();
        for (const [destination, because] of left) {
          yield { stderr: base64(`destination ${destination} is left out of ${COMBINED}: ${because}\n`) };
        }
        using.config = renderCombined(bundle().instances.filter(({ destination }) => !left.has(destination)));
      }
      for await (const said of runRclone(folder, { args, config: using.config, signal })) yield line(said);
    };
    return new Response(ndjson(lines()), { headers: { "content-type": "application/x-ndjson" } });
  });

  app.get("/validate", (context) => context.json(others.names()));
  app.post("/validate", async (context) => context.json(await others.tryOn(await context.req.json())));

  const asked = async (
    what: "start" | "stateOf",
    text: string,
    nodes: readonly string[],
  ): Promise<Response> => {
    const id = parseBackupId(text);
    return id === undefined
      ? new Response("not a backup's number\n", { status: 404 })
      : Response.json(await backups(what, id, nodes));
  };
  app.post("/backups/:id/run", ({ req }) => asked("start", req.param("id"), req.queries("node") ?? []));
  app.get("/backups/:id", ({ req }) => asked("stateOf", req.param("id"), req.queries("node") ?? []));

  /** Destinations that cannot be created now: those that serve can. */
  async function leftOut(): Promise<Map<string, string>> {
    const { instances, notServed } = bundle();
    const unsure = instances.filter(({ name }) => stateOf(name).kind !== "serving");
    return new Map([...notServed, ...await notCreatable(folder, unsure)]);
  }
  return app;
}

function line(said: Said): RcloneLine {
  if ("exit" in said) return said;
  const data = said.data.toBase64();
  return said.stream === "stdout" ? { stdout: data } : { stderr: data };
}

function base64(text: string): string {
  return new TextEncoder().encode(text).toBase64();
}

function ndjson(lines: AsyncGenerator<RcloneLine>): ReadableStream<Uint8Array> {
  return ReadableStream.from(lines)
    .pipeThrough(
      new TransformStream<RcloneLine, string>({
        transform: (each, controller) => controller.enqueue(`${JSON.stringify(each)}\n`),
      }),
    )
    .pipeThrough(new TextEncoderStream());
}
