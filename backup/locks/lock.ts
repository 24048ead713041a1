/** What restic's lock says of itself. Who writes it says what it likes: a compromised application, too. */
export type Lock = {
  /** when it was made or renewed, in seconds since 1970: restic renews it every five minutes */
  readonly time: number;
  /** of the machine, or the container */
  readonly host: string;
};

/** How far clocks of a cluster may be apart, in seconds. */
const CLOCKS_APART = 300;

/** From what `restic cat lock` prints; undefined where it is no lock. */
export function parseLock(text: string): Lock | undefined {
  let found: { time?: unknown; hostname?: unknown } | null;
  try {
    found = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { time, hostname } = found ?? {};
  const at = typeof time === "string" ? Date.parse(time) / 1000 : NaN;
  return Number.isFinite(at) && typeof hostname === "string" ? { time: at, host: hostname } : undefined;
}

/**
 * Whether a lock is a dead one's, when no run is alive anywhere: a run's from this host (`runHost`), or one dated in the future, which
 * restic itself would never regard as stale (that takes thirty minutes from its time). Another's may be somebody's who restores, or an
 * operator's at a terminal: it is theirs until restic regards it as stale.
 */
export function isDead({ time, host }: Lock, runHost: string, now: number): boolean {
  return host === runHost || time > now + CLOCKS_APART;
}
