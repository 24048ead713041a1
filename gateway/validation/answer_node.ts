import { boundedText } from "../bounded_text.ts";
import type { TrialReport } from "../domain/node_trial.ts";
import { within } from "../within.ts";
import { judge, type Judged } from "./judge.ts";

/** A section of rclone.conf with a private key or two is a few KiB. */
export const LARGEST_BYTES = 64 * 1024;
/** Each is an rclone of its own, up to two minutes long (rclone/trial.ts). */
const AT_ONCE = 2;
const READ_WITHIN_MS = 10_000;

/** What answering works with. */
export type AnsweringParts = {
  readonly tryIt: (judged: Judged) => Promise<TrialReport>;
  readonly log: (message: string) => void;
};

/**
 * Answers another node that asks this one to try a destination (AskedToTry, as JSON): 200 with a {@link TrialReport}, 400 with
 * what is wrong with it, 413 where it is too large, 503 where enough is being tried already. Nothing runs before it is judged.
 */
export function answerNode({ tryIt, log }: AnsweringParts): (request: Request) => Promise<Response> {
  let running = 0;
  return async (request) => {
    const read = await within(
      boundedText(request.body, LARGEST_BYTES).catch(() => "not UTF-8"),
      READ_WITHIN_MS,
    );
    if (read === undefined) return told(408, ["it did not arrive in time"]);
    if (read.value === undefined) return told(413, [`it is longer than ${LARGEST_BYTES} bytes`]);
    const judged = judge(read.value);
    if ("problems" in judged) {
      log(`refused to try what another node sent: ${judged.problems.join("; ")}`);
      return told(400, judged.problems);
    }
    if (running >= AT_ONCE) return told(503, [`${AT_ONCE} others are being tried`], { "retry-after": "30" });
    running++;
    try {
      return Response.json(await tryIt(judged));
    } finally {
      running--;
    }
  };
}

function told(status: number, because: readonly string[], headers: HeadersInit = {}): Response {
  return new Response(`Cannot try this destination: ${because.join("; ")}\n`, { status, headers });
}
