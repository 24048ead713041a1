import { Command } from "commander";
import { atOnce } from "../../backup/at_once.ts";
import { repositoryName } from "../../backup/restic/access.ts";
import type { SeenSnapshot } from "../../backup/snapshots/recorded.ts";
import { oneLine } from "../../gateway/domain/node_trial.ts";
import { asNode } from "./as_node.ts";
import { formatBytes, formatTime } from "./bytes.ts";
import { failed } from "./failure.ts";
import { destinationName, readKnown } from "./known.ts";
import { note, printJson, printTable } from "./output.ts";
import { withOwnRedis } from "./own_redis.ts";
import { seenSnapshots } from "./seen_snapshots.ts";
import { readSettings } from "./session.ts";
import { type Meant, pathMeant, repositoriesAt } from "./which_repository.ts";

const AT_ONCE = 4;

export function snapshotsCommand(): Command {
  return new Command("snapshots")
    .description("The snapshots of a module on all destinations, or of one repository.")
    .option("--module <module>", "module/<id>, <id> or the uuid of an installed module")
    .option("--destination <uuid>", "on this destination only")
    .option(
      "--repopath <path>",
      "<app type>/<module uuid>, with --destination: also of a module that is gone",
    )
    .option("--backup <n>", "on the destination of this backup only")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nRECORDED is when a node saw it being made. What no node has recorded may be of anybody who can write there, with any date.",
    )
    .action(snapshots);
}

async function snapshots(options: Meant & { json?: true }): Promise<void> {
  const settings = readSettings();
  const as = asNode(settings);
  const { known, meant } = await withOwnRedis(settings, async (redis) => ({
    known: await readKnown(redis),
    meant: await pathMeant(redis, options),
  }));
  const { repositories, problems } = await repositoriesAt(as, known, meant.path, meant.destination);
  const troubles = [...problems];
  const all = await atOnce(repositories, AT_ONCE, async (repository) => {
    const seen = await seenSnapshots(settings, as, known, repository);
    if ("because" in seen) {
      troubles.push(`${repositoryName(repository)} cannot be read: ${seen.because}`);
      return [];
    }
    return seen.snapshots.map((snapshot) => ({ repository, snapshot }));
  });
  if (repositories.length === 0 && problems.length === 0) {
    failed("Cannot list snapshots: no destination has the repository");
  }
  for (const trouble of troubles) note(trouble);
  if (troubles.length > 0) Deno.exitCode = 1;
  const found = all.flat();
  if (options.json) {
    return printJson(found.map(({ repository, snapshot: { record, ...snapshot } }) => ({
      destination: repository.destination,
      path: `${repository.path.appType}/${repository.path.moduleUuid}`,
      ...snapshot,
      start: snapshot.start ?? null,
      end: snapshot.end ?? null,
      recorded: record === undefined ? null : { seen: record.seen, node: record.node, backup: record.backup },
    })));
  }
  printTable(
    ["DESTINATION", "SNAPSHOT", "TIME", "RECORDED", "START", "END", "SIZE", "FILES", ""],
    found.map(({ repository, snapshot }) => [
      oneLine(destinationName(known, repository.destination)),
      snapshot.id.slice(0, 16),
      formatTime(snapshot.time),
      snapshot.record === undefined
        ? "no"
        : `${formatTime(snapshot.record.seen)} by node ${oneLine(snapshot.record.node)}`,
      formatTime(snapshot.start),
      formatTime(snapshot.end),
      formatBytes(snapshot.bytes),
      snapshot.files < 0 ? "?" : String(snapshot.files),
      remarks(snapshot),
    ]),
  );
}

function remarks({ record, future }: SeenSnapshot): string {
  return [
    ...record === undefined ? ["NOT RECORDED"] : [],
    ...future ? ["DATED IN THE FUTURE"] : [],
  ].join(", ");
}
