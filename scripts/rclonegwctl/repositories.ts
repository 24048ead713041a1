import { Command } from "commander";
import { atOnce } from "../../backup/at_once.ts";
import { ownership } from "../../backup/stored/ownership.ts";
import { type Survey, survey } from "../../backup/stored/survey.ts";
import { formatRepositoryPath } from "../../gateway/domain/repository.ts";
import { oneLine } from "../../gateway/domain/node_trial.ts";
import type { Uuid } from "../../gateway/domain/uuid.ts";
import { type AsNode, asNode, davOf } from "./as_node.ts";
import { formatTime } from "./bytes.ts";
import { readTombstones } from "./destination/tombstone.ts";
import { destinationName, destinationsMeant, type Known, readKnown } from "./known.ts";
import { printJson, printTable } from "./output.ts";
import { withOwnRedis } from "./own_redis.ts";
import { readSettings } from "./session.ts";

const REQUEST_MS = 30_000;
/** A destination that is slow has shown by then what it could. */
const DESTINATION_MS = 120_000;
const AT_ONCE = 16;

export function repositoriesCommand(): Command {
  return new Command("repositories")
    .description(
      "What is stored on all destinations: repositories, whose they are, and what nobody here has stored.",
    )
    .option("--destination <uuid>", "this one only")
    .option("--json", "print JSON")
    .action(repositories);
}

async function repositories(options: { destination?: string; json?: true }): Promise<void> {
  const settings = readSettings();
  const as = asNode(settings);
  const { known, removed } = await withOwnRedis(settings, async (redis) => ({
    known: await readKnown(redis),
    removed: await readTombstones(redis),
  }));
  const found = await surveyAll(as, destinationsMeant(known, options.destination));
  const stored = found.flatMap(({ destination, repositories }) =>
    repositories.map((each) => ({
      destination,
      destinationName: oneLine(destinationName(known, destination)),
      appType: each.path.appType,
      uuid: each.path.moduleUuid,
      path: formatRepositoryPath(each.path),
      ...ownership(each, known.modules, known.cluster),
      manifest: each.manifest,
      problems: each.problems,
    }))
  );
  if (found.some(({ problems }) => problems.length > 0)) Deno.exitCode = 1;
  if (options.json) {
    return printJson({
      destinations: found.map(({ destination: id, repositories, foreign, problems }) => ({
        id,
        name: oneLine(destinationName(known, id)),
        repositories: repositories.length,
        foreign,
        problems,
      })),
      removed: removed.map(({ id, name, removed_at }) => ({ id, name: oneLine(name), removed_at })),
      repositories: stored.map((each) => ({
        ...each,
        ownCluster: each.ownCluster ?? null,
        manifest: each.manifest ?? null,
      })),
    });
  }
  printTable(
    ["DESTINATION", "REPOSITORY", "MODULE", "CLUSTER", "LAST RUN", "NAME, NODE"],
    stored.map(({ destinationName, path, installed, ownCluster, manifest }) => [
      destinationName,
      path,
      installed.length > 0 ? installed.join(", ") : manifest?.module ? `(${manifest.module})` : "",
      ownCluster === true ? "this one" : ownCluster === false ? `${manifest?.cluster}` : "",
      formatTime(manifest?.written) + (manifest?.success === false ? " FAILED" : ""),
      [manifest?.name, manifest?.node].filter((text) => text).join(", "),
    ]),
  );
  tellProblems(found, known);
  for (const { destination, path, problems } of stored) {
    for (const problem of problems) console.log(`${destination}: the manifest of ${path}: ${problem}`);
  }
  for (const { id, name, removed_at } of removed) {
    console.log(`${id} ("${oneLine(name)}") was removed at ${removed_at}: add it again to see what is on it`);
  }
}

function tellProblems(found: readonly (Survey & { destination: Uuid })[], known: Known): void {
  for (const { destination, problems, foreign } of found) {
    const name = `${destination} ("${oneLine(destinationName(known, destination))}")`;
    for (const problem of problems) console.log(`${name} CANNOT BE LOOKED AT: ${problem}`);
    for (const path of foreign) console.log(`${name}: skipped, nothing of ours: ${path}`);
  }
}

/** What is on each of them, asked at once: one that fails or is slow says so in its problems, and keeps no other waiting. */
export async function surveyAll(
  as: AsNode,
  destinations: readonly Uuid[],
): Promise<(Survey & { readonly destination: Uuid })[]> {
  const now = Math.floor(Date.now() / 1000);
  return await atOnce(destinations, AT_ONCE, async (destination) => {
    const dav = davOf(as, REQUEST_MS, AbortSignal.timeout(DESTINATION_MS));
    return { destination, ...await survey(dav, destination, now) };
  });
}
