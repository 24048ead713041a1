import type { Reach } from "../control_app.ts";
import type { Uuid } from "../domain/uuid.ts";

/** How long an answer is good for: however many nodes ask, the storage is asked this often. */
const GOOD_FOR_MS = 5000;
const TIMEOUT_MS = 5000;

/** What telling whether this node reaches a destination works with. */
export type ReachParts = {
  /** the instance that serves a destination here; undefined where none does */
  readonly instance: (destination: Uuid) => string | undefined;
  /** why the storage behind an instance is known to fail; undefined where it is not */
  readonly trouble: (instance: string) => string | undefined;
  /** whether the storage behind an instance answers a question */
  readonly answers: (instance: string) => Promise<boolean>;
  /** milliseconds, growing */
  readonly now: () => number;
};

/** Tells other nodes whether this one reaches a destination. */
export function reaches(parts: ReachParts): (destination: Uuid) => Promise<Reach> {
  const told = new Map<string, { at: number; reach: Promise<Reach> }>();
  const look = async (instance: string): Promise<Reach> => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<undefined>((resolve) =>
      timer = setTimeout(() => resolve(undefined), TIMEOUT_MS)
    );
    const answers = await Promise.race([parts.answers(instance).catch(() => false), late]);
    clearTimeout(timer);
    if (answers === true) return { reachable: true };
    const because = answers === undefined
      ? `its storage is silent for ${TIMEOUT_MS / 1000} s`
      : "its storage fails";
    return { reachable: false, because };
  };
  return (destination) => {
    const instance = parts.instance(destination);
    if (instance === undefined) {
      return Promise.resolve({ reachable: false, because: "it is not served here" });
    }
    const trouble = parts.trouble(instance);
    if (trouble !== undefined) return Promise.resolve({ reachable: false, because: trouble });
    const now = parts.now();
    const before = told.get(destination);
    if (before !== undefined && now < before.at + GOOD_FOR_MS) return before.reach;
    const reach = look(instance);
    told.set(destination, { at: now, reach });
    return reach;
  };
}
