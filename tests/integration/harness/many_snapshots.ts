import type { SnapshotRecord } from "../../../backup/records.ts";
import { IMAGES, LABEL, run, uniqueName } from "./podman.ts";

/** A snapshot to be made: when it says it was made, in seconds since 1970, and what it holds: `good` a few files, `empty` an empty folder. */
export type Wanted = { readonly time: number; readonly holds: "good" | "empty" };

/** The user of the gateway's image, whose files these have to be. */
const GATEWAY_USER = "4694:4694";
/** `restic backup` sleeps for most of the time it takes. */
const AT_ONCE = "6";

/**
 * Makes snapshots with real restics by the dozen, in one container, straight into the folder of a repository below `volume`, which
 * the gateway serves; it is initialised if it is not there. `timeZone` is where restic believes to be.
 */
export async function makeSnapshots(
  wanted: readonly Wanted[],
  options: { volume: string; repository: string; host: string; password?: string; timeZone?: string },
): Promise<void> {
  const zone = options.timeZone ?? "UTC";
  await inRepository(
    MAKE,
    options,
    wanted.map(({ time, holds }) => `${restics(time, zone)} ${holds}\n`).join(""),
  );
}

/** What a shell command prints about such a repository: in it `restic` finds the repository. */
export async function inRepository(
  script: string,
  { volume, repository, host, password = "restic-password-Lm7", timeZone = "UTC" }: {
    volume: string;
    repository: string;
    host: string;
    password?: string;
    timeZone?: string;
  },
  input = "",
): Promise<string> {
  const name = uniqueName("snapshots");
  const ended = await run("podman", [
    "run",
    "--rm",
    "--interactive",
    "--network=none",
    `--name=${name}`,
    "--label",
    LABEL,
    `--user=${GATEWAY_USER}`,
    `--volume=${volume}:/srv/repo`,
    "--env=RESTIC_PASSWORD",
    `--env=RESTIC_REPOSITORY=/srv/repo/${repository}`,
    `--env=TZ=${timeZone}`,
    `--env=SNAPSHOTS_HOST=${host}`,
    "--entrypoint=sh",
    IMAGES.restic,
    "-euc",
    script,
  ], { env: { RESTIC_PASSWORD: password }, input }).finally(() =>
    run("podman", ["rm", "--ignore", "--force", "--time", "0", name])
  );
  if (ended.code !== 0) throw new Error(`Cannot make snapshots: ${ended.stdout}${ended.stderr}`);
  return ended.stdout;
}

/** A snapshot, as restic lists it. */
export type Stored = { readonly id: string; readonly time: string };

/** What a repository says of itself, newest first. */
export async function snapshots(at: Parameters<typeof inRepository>[1]): Promise<Stored[]> {
  const stored: Stored[] = JSON.parse(await inRepository("restic snapshots --json --no-lock --no-cache", at));
  return stored.toSorted((a, b) => Date.parse(b.time) - Date.parse(a.time));
}

/** As a node would have recorded them that saw each at the time it says. */
export function records(stored: readonly Stored[]): SnapshotRecord[] {
  const usual = { backup: "1", node: "1", bytes: 10_000, added: 100, files: 5 };
  return stored.map(({ id, time }) => ({ id, seen: Date.parse(time) / 1000, ...usual }));
}

/**
 * restic makes a key's derivation as slow as half a second on the machine that makes it. On one that is busy it makes it faster, and so
 * is each of the hundreds of restics that open the repository afterwards.
 */
const MAKE = `
  mkdir -p /tmp/good/folder /tmp/empty/folder
  for number in 1 2 3 4 5; do echo "file $number" >/tmp/good/folder/$number; done
  if [ ! -e "$RESTIC_REPOSITORY/config" ]; then
    for _ in 1 2 3 4 5 6 7 8; do timeout 5 sh -c 'while :; do :; done' & done
    sleep 0.2
    restic init --quiet
  fi
  xargs --max-procs=${AT_ONCE} --max-args=3 sh -c '
    cd /tmp/"$2" && exec restic backup --quiet --no-cache --host "$SNAPSHOTS_HOST" --time "$0 $1" .
  '
`;

/** A time as `restic backup --time` reads it where it believes to be in such a zone. */
function restics(time: number, timeZone: string): string {
  const moment = Temporal.Instant.fromEpochMilliseconds(time * 1000).toZonedDateTimeISO(timeZone);
  return moment.toPlainDateTime().toString({ smallestUnit: "second" }).replace("T", " ");
}
