import { parseDefinition } from "../../../backup/definition.ts";
import { parsePolicy } from "../../../backup/retention/policy.ts";
import type { Saving } from "../../../backup/save_definition.ts";
import type { BackupRequest } from "./request.ts";

/** What is stored already. */
export type Stored = {
  readonly hash: Readonly<Record<string, string>>;
  readonly own: Readonly<Record<string, string>>;
};

/** What to store, and what of the modules that it named before is left out, since they are gone; or everything that is wrong. */
export type Wanted =
  | { readonly saving: Saving; readonly modules: readonly string[]; readonly gone: readonly string[] }
  | { readonly problems: readonly string[]; readonly modules: readonly string[] };

/** What is asked for, with `old` or as a new backup. `known` says whether there is a module of this id. */
export function wanted(
  id: string,
  request: BackupRequest,
  old: Stored | undefined,
  known: (module: string) => boolean,
): Wanted {
  const problems: string[] = [];
  const { name, repository, schedule, retention, keep, schedule_hint, enabled } = request;
  const before = old?.hash["instances"]?.split(/\s+/).filter((each) => each !== "") ?? [];
  const modules = [...new Set(request.instances ?? before.filter(known))];
  const gone = request.instances === undefined ? before.filter((each) => !known(each)) : [];
  if (old === undefined) {
    if (repository === undefined) problems.push("the destination is missing: --destination <uuid>");
    if (schedule === undefined) problems.push("the schedule is missing: --schedule <text>");
    if (retention === undefined && keep === undefined) {
      problems.push("what to keep is missing: --retention <n> or --keep <rules>");
    }
    if (request.instances === undefined) problems.push("the modules are missing: --modules <ids>");
  } else if (repository !== undefined && repository !== old.hash["repository"]) {
    problems.push("the destination of a backup stays: add another backup");
  }
  if (request.instances?.length === 0) problems.push("it names no module");
  if (retention !== undefined && !/^[1-9][0-9]{0,5}$/.test(retention)) {
    problems.push(`retention is "${retention}", and no number from 1 on`);
  }
  const keptNow = keep ?? old?.own["keep"] ?? "";
  if (retention !== undefined && keep === undefined && keptNow !== "") {
    problems.push(
      `retention does not count while keep is "${keptNow}": give --keep, or --keep '' to go back to retention`,
    );
  }
  for (const text of [name, repository, schedule]) {
    // deno-lint-ignore no-control-regex
    if (text !== undefined && /[\x00-\x1f\x7f]/.test(text)) {
      problems.push(`${JSON.stringify(text)} holds a control character`);
    }
  }
  const fields: Record<string, string> = {
    ...old === undefined ? { name: "", schedule_hint: "{}", enabled: "1" } : {},
    ...given({ name, repository, schedule, retention, schedule_hint }),
    ...enabled === undefined ? {} : { enabled: enabled ? "1" : "" },
    ...request.instances !== undefined || gone.length > 0 ? { instances: modules.join(" ") } : {},
  };
  if (fields["name"]?.trim() === "") fields["name"] = `Backup ${id}`;
  if (keep !== undefined && keep !== "" && retention === undefined) fields["retention"] = inOneNumber(keep);
  const { minimum_age, prune_every, random_delay } = request;
  const own = given({ keep, minimum_age, prune_every, random_delay });
  // Judged as those will who run it. What was found above is not said twice.
  if (problems.length === 0) {
    const definition = parseDefinition(
      id,
      { ...old?.hash, ...fields },
      withoutEmpty({ ...old?.own, ...own }),
    );
    if ("problems" in definition) problems.push(...definition.problems);
  } else if (keep !== undefined && keep !== "") {
    const policy = parsePolicy(keep);
    if ("problems" in policy) problems.push(...policy.problems);
  }
  return problems.length > 0 ? { problems, modules } : { saving: { fields, own }, modules, gone };
}

/** What a policy keeps, as the number of last snapshots that NethServer 8 knows: for those who know no more, and rather too many. */
function inOneNumber(keep: string): string {
  const policy = parsePolicy(keep);
  if ("problems" in policy) return "1";
  const { within, ...counts } = policy;
  const all = Object.values(counts).reduce((sum, each) => sum + each, Math.ceil(within / 86_400));
  return String(Math.max(1, all));
}

function given(fields: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

function withoutEmpty(fields: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ""));
}
