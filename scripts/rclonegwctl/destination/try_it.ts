import { remotePath } from "../../../gateway/domain/remote_path.ts";
import { obscure } from "../../../gateway/rclone/obscure.ts";
import { isPublic, type Parameters } from "../../../gateway/rclone/section_policy.ts";
import { tryRemote } from "../../../gateway/rclone/trial.ts";
import { withoutValues } from "../../../gateway/rclone/without_secrets.ts";
import { parseRcloneSection } from "../../../gateway/redis/rclone_section.ts";
import { failed } from "../failure.ts";
import { note } from "../output.ts";
import { secretValues } from "./stored.ts";
import type { Wanted } from "./wanted.ts";

const HINTS = {
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
 * Tries a destination on this node; undefined where it does not work, and the sentence that says why. What comes back is the parameters as
 * rclone left them: with a new token, or a server's keys.
 */
export async function trialOf(
  id: string,
  wanted: Wanted,
  node: string,
  secrets: readonly string[],
): Promise<{ readonly parameters: Parameters } | { readonly because: string }> {
  const root = new Map(wanted.parameters).get("url");
  const path = remotePath(wanted.provider, wanted.url, wanted.basepath, root);
  let trial: Awaited<ReturnType<typeof tryRemote>>;
  try {
    trial = await tryRemote(id, { parameters: wanted.parameters, path });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) noRclone();
    throw error;
  }
  if (trial.kind === "worked") {
    return { parameters: renewed(wanted.parameters, parseRcloneSection(trial.rcloneConf)) };
  }
  const said = rcloneSaid(withoutValues(trial.said, [...secrets, ...secretValues(wanted.parameters)]));
  const left = trial.left === undefined ? "" : ` The object ${trial.left} is left there.`;
  return {
    because: `${trial.step} failed on node ${node} (${HINTS[trial.step]}). rclone says: ${
      said || "nothing"
    }${left}`,
  };
}

/** The same, and it ends the command where it does not work. `doing` is what for. */
export async function tried<T extends Wanted>(
  id: string,
  wanted: T,
  node: string,
  secrets: readonly string[],
  doing: string,
): Promise<T> {
  if (wanted.provider === "cluster") {
    note(
      "Not tried: the disk of a node is reached by that node's gateway alone. See rclonegwctl status there.",
    );
    return wanted;
  }
  const trial = await trialOf(id, wanted, node, secrets);
  if ("because" in trial) failed(`Cannot ${doing}: ${trial.because}\nNothing was changed.`);
  return { ...wanted, parameters: trial.parameters };
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

/** rclone's lines without time and repetition, as one. */
function rcloneSaid(text: string): string {
  const lines = text.split("\n").map((line) => line.replace(/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d /, "").trim());
  return [...new Set(lines.filter((line) => line !== ""))].join(" | ").slice(0, 1000);
}

function noRclone(): never {
  failed(
    "Cannot try the destination: there is no rclone here. Run rclonegwctl from the gateway's image or as scripts/install puts it, " +
      "or say --no-validate. Nothing was changed.",
  );
}
