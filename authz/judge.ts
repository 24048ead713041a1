import { type Decision, deny, type DenyReason } from "../gateway/domain/decision.ts";
import { NO_GRANTS } from "../gateway/domain/grants.ts";
import type { Identity } from "../gateway/domain/identity.ts";
import { NOTHING_KNOWN } from "../gateway/domain/known.ts";
import type { Refusal, Target } from "../gateway/domain/target.ts";
import type { Attempts } from "./attempts.ts";
import { authenticate } from "./authenticate.ts";
import { parseCredentials } from "./credentials.ts";
import { decide } from "./decide.ts";
import type { Facts } from "./facts.ts";
import { parseTarget } from "./target.ts";
import { FactsUnavailable } from "./vouching.ts";
import { knownNow, type Witness } from "./witness.ts";
import type { Question } from "./wire.ts";

/** A decision, and what it was about: for the log and the metrics. */
export type Judgement = {
  readonly decision: Decision;
  /** who the request says to come from, in the form of an identity; undefined where it says nothing of the kind */
  readonly identity: string | undefined;
  /** whether it proved that */
  readonly authenticated: boolean;
  readonly target: Target | Refusal;
  /** of the facts, before they were looked at; undefined where they were not */
  readonly generation?: number;
  /** seconds until another attempt makes sense; only with 429 */
  readonly retryAfter?: number;
};

/** What a judgement needs beside the question. */
export type Court = {
  readonly facts: Facts;
  readonly attempts: Attempts;
  readonly witness: Witness;
  /** told of errors that nobody expects */
  readonly report: (trouble: string) => void;
  readonly pause: (milliseconds: number) => Promise<void>;
  /** Ends what HAProxy remembers of earlier decisions, and returns when nothing of it counts any more. */
  readonly renew: () => Promise<void>;
  /** Returns when the renewals that are under way are over. */
  readonly renewed: () => Promise<void>;
};

type Ruling =
  | { readonly kind: "login"; readonly reason: DenyReason }
  | { readonly kind: "decided"; readonly decision: Decision };

/** What follows from the facts as they are known at this moment. */
async function rule(
  identity: Identity,
  digest: Uint8Array,
  target: Target | Refusal,
  { facts, witness }: Court,
): Promise<Ruling> {
  const login = authenticate(await facts.account(identity.name), digest);
  if (login !== "yes") return { kind: "login", reason: login };
  if (identity.kind === "node") {
    return { kind: "decided", decision: decide(identity, NO_GRANTS, target, NOTHING_KNOWN) };
  }
  const grants = await facts.grants(identity);
  const known = await knownNow(await witness.knows(target), facts);
  return { kind: "decided", decision: decide(identity, grants, target, known) };
}

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
    // Whoever was shut out, or let in, before this question was asked is judged by that.
    await court.facts.settled();
    const generation = court.facts.generation();
    const ruling = await rule(identity, digest, target, court);
    if (ruling.kind === "login") {
      const attempt = court.attempts.failed(question.source, identity.name);
      await court.pause(attempt.pauseMs);
      return attempt.kind === "counted"
        ? { ...about, decision: deny(ruling.reason), authenticated: false }
        : {
          ...about,
          decision: deny("too-many-attempts"),
          authenticated: false,
          retryAfter: attempt.retryAfter,
        };
    }
    if (ruling.decision.allow) {
      if (court.witness.saw(identity, target)) await court.renew();
      // restic removes several objects at once: none goes ahead of the one with which a prune begins.
      else if (identity.kind === "node" && question.request.method === "DELETE") await court.renewed();
    }
    return { ...about, decision: ruling.decision, authenticated: true, generation };
  } catch (error) {
    if (!(error instanceof FactsUnavailable)) {
      court.report(`Cannot decide a request: ${(error as Error).stack}`);
    }
    return { ...about, decision: deny("facts-unavailable"), authenticated: false };
  }
}
