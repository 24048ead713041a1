import { type Decision, deny } from "../gateway/domain/decision.ts";
import { NO_GRANTS } from "../gateway/domain/grants.ts";
import type { Refusal, Target } from "../gateway/domain/target.ts";
import type { Attempts } from "./attempts.ts";
import { authenticate } from "./authenticate.ts";
import { parseCredentials } from "./credentials.ts";
import { decide } from "./decide.ts";
import type { Facts } from "./facts.ts";
import { parseTarget } from "./target.ts";
import { FactsUnavailable } from "./vouched_reads.ts";
import type { Question } from "./wire.ts";

/** A decision, and what it was about: for the log and the metrics. */
export type Judgement = {
  readonly decision: Decision;
  /** who the request says to come from, in the form of an identity; undefined where it says nothing of the kind */
  readonly identity: string | undefined;
  /** whether it proved that */
  readonly authenticated: boolean;
  readonly target: Target | Refusal;
  /** seconds until another attempt makes sense; only with 429 */
  readonly retryAfter?: number;
};

/** What a judgement needs beside the question. */
export type Court = {
  readonly facts: Facts;
  readonly attempts: Attempts;
  /** told of errors that nobody expects */
  readonly report: (trouble: string) => void;
  readonly pause: (milliseconds: number) => Promise<void>;
};

/** Judges one question. Every way out of here that is not an explicit yes is a no. */
export async function judge(question: Question, court: Court): Promise<Judgement> {
  const target = parseTarget(question.request);
  const credentials = parseCredentials(question.authorization);
  if (typeof credentials === "string") {
    return { decision: deny(credentials), identity: undefined, authenticated: false, target };
  }
  const { identity, digest } = credentials;
  const about = { identity: identity.name, target };
  try {
    const login = authenticate(await court.facts.account(identity.name), digest);
    if (login !== "yes") {
      const attempt = court.attempts.failed(question.source, identity.name);
      await court.pause(attempt.pauseMs);
      return attempt.kind === "counted" ? { ...about, decision: deny(login), authenticated: false } : {
        ...about,
        decision: deny("too-many-attempts"),
        authenticated: false,
        retryAfter: attempt.retryAfter,
      };
    }
    const grants = identity.kind === "module" ? await court.facts.grants(identity) : NO_GRANTS;
    return { ...about, decision: decide(identity, grants, target), authenticated: true };
  } catch (error) {
    if (!(error instanceof FactsUnavailable)) {
      court.report(`Cannot decide a request: ${(error as Error).stack}`);
    }
    return { ...about, decision: deny("facts-unavailable"), authenticated: false };
  }
}
