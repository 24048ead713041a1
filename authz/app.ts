import { Hono } from "hono";
import { type Decision, deny } from "../gateway/domain/decision.ts";
import { NO_GRANTS } from "../gateway/domain/grants.ts";
import { authenticate } from "./authenticate.ts";
import { parseCredentials } from "./credentials.ts";
import { decide } from "./decide.ts";
import type { Facts } from "./facts.ts";
import { MESSAGES } from "./message.ts";
import { parseTarget } from "./target.ts";
import { FactsUnavailable } from "./vouched_reads.ts";
import { answer, type Question, readQuestion } from "./wire.ts";

/**
 * The sidecar's HTTP interface: `GET /decide` answers one question (see wire.ts); `GET /readyz` is 200 where it could
 * decide now, otherwise 503 with the reason that `trouble` gives.
 */
export function authzApp(
  facts: Facts,
  report: (trouble: string) => void,
  trouble: () => string | undefined = () => undefined,
): Hono {
  const app = new Hono();
  app.get("/readyz", (context) => {
    const because = trouble();
    return because === undefined ? context.text("ok") : context.text(because, 503);
  });
  app.get("/decide", async (context) => {
    const question = readQuestion(context.req.raw.headers);
    if (question === undefined) return context.body("the question lacks a part", 400);
    const decision = await judge(question, facts, report);
    return answer(question.id, decision, decision.allow ? "" : MESSAGES[decision.reason]);
  });
  return app;
}

/** Every way out of here that is not an explicit yes is a no. */
async function judge(question: Question, facts: Facts, report: (trouble: string) => void): Promise<Decision> {
  try {
    const credentials = parseCredentials(question.authorization);
    if (typeof credentials === "string") {
      // An unknown user is told the same as a wrong secret: nothing, while the facts are not there.
      return deny(credentials);
    }
    const { identity, digest } = credentials;
    const login = authenticate(await facts.account(identity.name), digest);
    if (login !== "yes") return deny(login);
    const grants = identity.kind === "module" ? await facts.grants(identity) : NO_GRANTS;
    return decide(identity, grants, parseTarget(question.request));
  } catch (error) {
    if (!(error instanceof FactsUnavailable)) report(`Cannot decide a request: ${(error as Error).stack}`);
    return deny("facts-unavailable");
  }
}
