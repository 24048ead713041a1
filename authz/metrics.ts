import type { Decision } from "../gateway/domain/decision.ts";

/** Upper bounds of the histogram's buckets, in seconds. */
const BOUNDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 2] as const;

/** What the sidecar counts, in Prometheus's text format (version 0.0.4). */
export class Metrics {
  readonly #decisions = new Map<string, number>();
  readonly #buckets = new Array<number>(BOUNDS.length).fill(0);
  #sum = 0;
  #count = 0;

  /** One question was answered, after `seconds`. */
  answered(decision: Decision, seconds: number): void {
    const labels = `outcome="${decision.allow ? "allow" : decision.status}",reason="${decision.reason}"`;
    this.#decisions.set(labels, (this.#decisions.get(labels) ?? 0) + 1);
    this.#sum += seconds;
    this.#count++;
    const bucket = BOUNDS.findIndex((bound) => seconds <= bound);
    if (bucket >= 0) this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1;
  }

  /** All of it; `vouched` tells whether Redis vouches for the facts now. */
  text(vouched: boolean): string {
    let below = 0;
    const buckets = BOUNDS.map((bound, index) => {
      below += this.#buckets[index] ?? 0;
      return `rclone_gateway_question_seconds_bucket{le="${bound}"} ${below}\n`;
    });
    return "# HELP rclone_gateway_decisions_total Questions that were decided, by outcome and reason; what HAProxy remembers of one is not asked again.\n" +
      "# TYPE rclone_gateway_decisions_total counter\n" +
      [...this.#decisions].map(([labels, count]) => `rclone_gateway_decisions_total{${labels}} ${count}\n`)
        .join("") +
      "# HELP rclone_gateway_question_seconds How long the sidecar took for its answers.\n" +
      "# TYPE rclone_gateway_question_seconds histogram\n" +
      buckets.join("") +
      `rclone_gateway_question_seconds_bucket{le="+Inf"} ${this.#count}\n` +
      `rclone_gateway_question_seconds_sum ${this.#sum}\nrclone_gateway_question_seconds_count ${this.#count}\n` +
      "# HELP rclone_gateway_facts_vouched Whether Redis vouches for identities and grants (1) or requests get 503 (0).\n" +
      "# TYPE rclone_gateway_facts_vouched gauge\n" +
      `rclone_gateway_facts_vouched ${vouched ? 1 : 0}\n`;
  }
}
