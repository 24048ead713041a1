import { type NodeTrial, oneLine } from "../../../gateway/domain/node_trial.ts";
import { parseAclLine } from "../../../gateway/redis/acl_line.ts";
import type { Redis } from "../../../gateway/redis/connection.ts";
import { KEYS } from "../../../gateway/redis/keys.ts";
import type { AskedToTry } from "../../../gateway/validation/judge.ts";
import { withoutValues } from "../../../gateway/rclone/without_secrets.ts";
import { failed } from "../failure.ts";
import { note } from "../output.ts";

const NAMES_WITHIN_MS = 5000;
/** With many nodes they are asked one after the other. */
const TRIALS_WITHIN_MS = 600_000;

/** The nodes that this node's gateway can ask beside itself. Where it does not answer and there are others, says so: none. */
export async function otherNodes(socket: string, redis: Redis, own: string): Promise<readonly string[]> {
  try {
    return await ask(socket, NAMES_WITHIN_MS) as string[];
  } catch (error) {
    const nodes = (await redis.sMembers(KEYS.acls)).map((line) => parseAclLine(line)?.name ?? "")
      .filter((name) => name.startsWith("node/") && name !== `node/${own}`);
    if (nodes.length > 0) {
      note(
        `Other nodes are not asked: this node's gateway does not answer over ${socket} (OPERATOR_SOCKET): ` +
          `${(error as Error).message}`,
      );
    }
    return [];
  }
}

/** What came of trying a destination on each of them. `secrets` are taken out of what they say. */
export async function triedByOthers(
  socket: string,
  asked: AskedToTry,
  secrets: readonly string[],
): Promise<NodeTrial[]> {
  try {
    return (await ask(socket, TRIALS_WITHIN_MS, asked) as NodeTrial[]).map((each) =>
      each.note === undefined ? each : { ...each, note: oneLine(withoutValues(each.note, secrets)) }
    );
  } catch (error) {
    return failed(
      `Cannot have other nodes try it: this node's gateway has stopped to answer over ${socket}: ` +
        `${(error as Error).message}. Nothing was changed.`,
    );
  }
}

async function ask(socket: string, timeoutMs: number, body?: AskedToTry): Promise<unknown> {
  using client = Deno.createHttpClient({ proxy: { transport: "unix", path: socket } });
  const response = await fetch("http://gateway/validate", {
    client,
    ...body === undefined ? {} : { method: "POST", body: JSON.stringify(body) },
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (response.ok) return await response.json();
  await response.body?.cancel();
  throw new Error(`it answers ${response.status}`);
}
