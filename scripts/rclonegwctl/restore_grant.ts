import type { Uuid } from "../../gateway/domain/uuid.ts";
import type { Settings } from "../../gateway/settings.ts";
import { type GrantEvent, withGrant } from "../../backup/restore/with_grant.ts";
import { formatDuration } from "./duration.ts";
import { failed } from "./failure.ts";
import { note } from "./output.ts";
import { withRedis } from "./session.ts";

/** Runs something while a module may read what `source` has stored; ends the command where no grant can be made. */
export async function underGrant<T>(
  settings: Settings,
  parts: {
    readonly module: string;
    readonly reader: Uuid;
    readonly source: Uuid;
    readonly ttlMs: number;
    readonly signal: AbortSignal;
  },
  work: () => Promise<T>,
): Promise<T> {
  const { module } = parts;
  let made = false;
  const ended = await withGrant({
    ...parts,
    leader: (run) => withRedis(settings, run),
    tell: (event) => {
      made ||= event.kind === "made" || event.kind === "before";
      tell(event, module);
    },
  }, work).catch((error) => {
    if (made) throw error;
    return failed(
      `Cannot make a restore grant, without which module/${module} may not read it. ${
        (error as Error).message
      }`,
    );
  });
  if ("value" in ended) return ended.value;
  return failed(
    `Cannot make a restore grant: module/${module} holds one for ${ended.other}, and can hold one only. ` +
      `End it with "rclonegwctl grant revoke module/${module}", and run this again.`,
  );
}

function tell(event: GrantEvent, module: string): void {
  switch (event.kind) {
    case "before":
      return note(
        `module/${module} holds a grant for it already, which is used and stays` +
          (event.secondsLeft === undefined
            ? ""
            : `: for another ${formatDuration(event.secondsLeft * 1000)}`),
      );
    case "gone":
      return note("The grant was taken away meanwhile; it is not made again.");
    case "not-renewed":
      return note(`The grant could not be renewed, which is tried again: ${event.because}`);
    case "not-released":
      return note(
        `THE GRANT COULD NOT BE TAKEN BACK (${event.because}). It ends by itself within ${
          formatDuration(event.withinMs)
        }, or at once with "rclonegwctl grant revoke module/${module}".`,
      );
    case "made":
    case "released":
      return;
    default:
      return event satisfies never;
  }
}
