import { remotePath } from "../../../gateway/domain/remote_path.ts";
import { obscure } from "../../../gateway/rclone/obscure.ts";
import { isPublic, type Parameters, secretValues } from "../../../gateway/rclone/section_policy.ts";
import { tryRemote } from "../../../gateway/rclone/trial.ts";
import { rcloneSaid, trialReport } from "../../../gateway/rclone/trial_report.ts";
import type { TrialReport } from "../../../gateway/domain/node_trial.ts";
import { parseRcloneSection } from "../../../gateway/redis/rclone_section.ts";
import { failed } from "../failure.ts";
import type { Wanted } from "./wanted.ts";

/** What may be wrong where a step fails. */
export const HINTS = {
  "read the configuration": "rclone does not read the configuration as it was given",
  list: "the bucket, share or folder has to exist, and the credentials to be right",
  write: "the credentials may only read there, or the storage is full",
  delete: "backups could never be pruned there",
} as const;

/** The same, with the passwords obscured that rclone wants so. */
export async function obscured<T extends Wanted>(wanted: T): Promise<T> {
  if (wanted.plain.length === 0) return wanted;
  const parameters: [string, string][] = [];
  try {
    for (const [key, value] of wanted.parameters) {
      parameters.push([key, wanted.plain.includes(key) ? await obscure(value) : value]);
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) noRclone();
    failed(`${(error as Error).message}. Nothing was changed.`);
  }
  return { ...wanted, parameters, plain: [] };
}

/**
 * Tries a destination on this node. What comes back is the parameters as rclone left them, with a new token, or a server's
 * keys; or the sentence that says why it does not work.
 */
export async function trialOf(
  id: string,
  wanted: Wanted,
  node: string,
  secrets: readonly string[],
): Promise<
  & { readonly report: TrialReport }
  & ({ readonly parameters: Parameters } | { readonly because: string })
> {
  const root = new Map(wanted.parameters).get("url");
  const path = remotePath(wanted.provider, wanted.url, wanted.basepath, root);
  let trial: Awaited<ReturnType<typeof tryRemote>>;
  try {
    trial = await tryRemote(id, { parameters: wanted.parameters, path });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) noRclone();
    throw error;
  }
  const hidden = [...secrets, ...secretValues(wanted.parameters)];
  const report = trialReport(trial, hidden);
  if (trial.kind === "worked") {
    return { report, parameters: renewed(wanted.parameters, parseRcloneSection(trial.rcloneConf)) };
  }
  const said = rcloneSaid(trial.said, hidden);
  const left = trial.left === undefined ? "" : ` The object ${trial.left} is left there.`;
  return {
    report,
    because: `${trial.step} failed on node ${node} (${HINTS[trial.step]}). rclone says: ${
      said || "nothing"
    }${left}`,
  };
}

/** Tokens that rclone has renewed, and keys of a server that it has found. What else it notes is for itself. */
function renewed(before: Parameters, after: Parameters): Parameters {
  const type = new Map(before).get("type") ?? "";
  const fresh = new Map(after.filter(([key, value]) => key === "host_keys" || !isPublic(type, key, value)));
  const known = new Set(before.map(([key]) => key));
  const added = [...fresh].filter(([key]) =>
    !known.has(key) && key === "host_keys" || !known.has(key) && key === "token"
  );
  return [...before.map(([key, value]): [string, string] => [key, fresh.get(key) ?? value]), ...added];
}

function noRclone(): never {
  failed(
    "Cannot try the destination: there is no rclone here. Run rclonegwctl from the gateway's image or as scripts/install puts it, " +
      "or say --no-validate. Nothing was changed.",
  );
}
