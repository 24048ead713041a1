import type { Saving } from "../../../backup/save_definition.ts";
import { scheduleProblem } from "../../../backup/timers/schedule.ts";
import { parseUuid } from "../../../gateway/domain/uuid.ts";
import type { Redis } from "../../../gateway/redis/connection.ts";
import { KEYS } from "../../../gateway/redis/keys.ts";
import type { BackupRequest } from "./request.ts";
import { type Stored, wanted } from "./wanted.ts";

/** What to store, with what is left out of it; or everything that is wrong with it, here and in the cluster. */
export type Checked =
  | Saving & { readonly gone: readonly string[] }
  | { readonly problems: readonly string[] };

/** Holds what is asked for against what there is: the destination, the modules, and systemd for the schedule. */
export async function checked(
  redis: Redis,
  id: string,
  request: BackupRequest,
  old: Stored | undefined,
): Promise<Checked> {
  const nodes = await redis.hGetAll(KEYS.moduleNode) as Record<string, string>;
  const known = (module: string): boolean => Object.hasOwn(nodes, module);
  const found = wanted(id, request, old, known);
  const problems = "problems" in found ? [...found.problems] : [];
  const { repository, schedule } = request;
  if (repository !== undefined && old === undefined) {
    if (parseUuid(repository) === undefined || await redis.hGet(KEYS.rcloneConf, repository) === null) {
      problems.push(`there is no destination "${repository}": see "rclonegwctl destination list"`);
    }
  }
  if (schedule !== undefined) {
    const problem = await scheduleProblem(schedule);
    if (problem !== undefined) problems.push(problem);
  }
  for (const module of found.modules.filter((each) => !known(each))) {
    problems.push(`there is no module "${module}": see "rclonegwctl identity list"`);
  }
  if (problems.length > 0 || "problems" in found) return { problems: [...new Set(problems)] };
  return { ...found.saving, gone: found.gone };
}
