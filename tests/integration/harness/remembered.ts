import { basic, DESTINATION, MAIL1, type TestIdentity } from "./cluster.ts";
import { HEALTH } from "./gateway.ts";
import { REST } from "./request.ts";

/** The path of a module's repository. */
export const repository = (of: TestIdentity): string =>
  `/${DESTINATION}/${of === MAIL1 ? "mail" : "dokuwiki"}/${of.uuid}`;

/** The header lines of a request of restic's. */
export const headers = (as: TestIdentity): string[] => [`Authorization: ${basic(as)}`, `Accept: ${REST}`];

/** How many questions the sidecar has answered since it started. */
export async function questions(): Promise<number> {
  const text = await (await fetch(`${HEALTH}/metrics`)).text();
  return Number(/^rclone_gateway_question_seconds_count ([0-9]+)$/m.exec(text)?.[1]);
}
