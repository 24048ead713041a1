import { Hono } from "hono";
import type { ReplicaStatus } from "../gateway/domain/replica.ts";
import { Attempts } from "./attempts.ts";
import { auditLine } from "./audit.ts";
import type { Facts } from "./facts.ts";
import { holdsFor } from "./holds.ts";
import { judge } from "./judge.ts";
import { needsLookup } from "./needs_lookup.ts";
import { MESSAGES } from "./message.ts";
import { Metrics } from "./metrics.ts";
import { parseTarget, restRequest } from "./target.ts";
import { answer, readQuestion } from "./wire.ts";
import { BLIND, type Witness } from "./witness.ts";

/** What the sidecar works with. All but `facts` have defaults that do nothing, or count from zero. */
export type AuthzParts = {
  readonly facts: Facts;
  readonly witness?: Witness;
  /** ends what HAProxy remembers */
  readonly renew?: () => Promise<void>;
  /** told of errors that nobody expects */
  readonly report?: (trouble: string) => void;
  /** gets the lines of the audit log */
  readonly audit?: (line: string) => void;
  /** why nothing could be decided now; undefined where it could */
  readonly trouble?: () => string | undefined;
  /** how the Redis server that is read stands to the leader's */
  readonly replica?: () => ReplicaStatus;
  readonly attempts?: Attempts;
  readonly pause?: (milliseconds: number) => Promise<void>;
};

/**
 * The sidecar's HTTP interface: `GET /decide` answers one question (see wire.ts); `GET /readyz` is 200 where it could
 * decide now, otherwise 503 with the reason; `GET /metrics` is what it counted; `GET /known` what it has seen;
 * `GET /nodes` the numbers of the nodes that may log in; `GET /replica` a {@link ReplicaStatus}.
 */
export function authzApp(parts: AuthzParts): Hono {
  const { facts, report = () => {}, audit = () => {}, trouble = () => undefined } = parts;
  const { attempts = new Attempts(), pause = sleep, witness = BLIND, renew = () => Promise.resolve() } =
    parts;
  const metrics = new Metrics();
  let renewing = Promise.resolve();
  const renewal = {
    renew: () => renewing = Promise.all([renewing, renew()]).then(() => {}),
    renewed: () => renewing,
  };
  const app = new Hono();
  app.get("/readyz", (context) => {
    const because = trouble();
    return because === undefined ? context.text("ok") : context.text(because, 503);
  });
  app.get("/metrics", (context) => context.text(metrics.text(trouble() === undefined)));
  app.get("/replica", (context) => context.json(parts.replica?.() ?? null));
  // What it has seen, for `rclonegwctl explain`: the query holds the request's method and target.
  app.get("/known", async (context) => {
    const { method = "", target = "" } = context.req.query();
    return context.json(await witness.knows(parseTarget(restRequest(method, target))));
  });
  // The cluster's nodes, for the controller: those that may log in.
  app.get("/nodes", async (context) => {
    try {
      // Who asks has heard of a change, perhaps sooner than this.
      await facts.settled();
      return context.json(await facts.nodes());
    } catch (error) {
      return context.text((error as Error).message, 503);
    }
  });
  app.get("/decide", async (context) => {
    const began = performance.now();
    const question = readQuestion(context.req.raw.headers);
    if (question === undefined) return context.body("the question lacks a part", 400);
    const judgement = await judge(question, { facts, attempts, witness, ...renewal, report, pause });
    const { decision, retryAfter } = judgement;
    const line = auditLine(question, judgement, new Date());
    if (line !== undefined) audit(line);
    metrics.answered(decision, (performance.now() - began) / 1000);
    return answer(question.id, decision, decision.allow ? "" : MESSAGES[decision.reason], {
      ...(retryAfter === undefined ? {} : { retryAfter }),
      ...(judgement.identity === undefined ? {} : {
        identity: judgement.identity,
        lookup: needsLookup(judgement.identity, judgement.target),
        holds: holdsFor(decision, judgement.target),
        generation: judgement.generation,
      }),
    });
  });
  return app;
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
