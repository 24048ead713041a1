import { Command } from "commander";
import { parseRecords } from "../../backup/records.ts";
import { type Repository, repositoryName } from "../../backup/restic/access.ts";
import { parseShares } from "../../backup/verify/share.ts";
import { type Verified, verify } from "../../backup/verify/verify.ts";
import { KEYS } from "../../gateway/redis/keys.ts";
import type { Settings } from "../../gateway/settings.ts";
import { type AsNode, asNode, nodeAccess } from "./as_node.ts";
import { failed, invalid } from "./failure.ts";
import { interruption } from "./interruption.ts";
import { destinationsMeant, type Known, readKnown } from "./known.ts";
import { note, printJson } from "./output.ts";
import { withOwnRedis } from "./own_redis.ts";
import { surveyAll } from "./repositories.ts";
import { readSettings, withRedis } from "./session.ts";
import { modulePath, repositoriesAt } from "./which_repository.ts";

type Options = { module?: string; all?: true; destination?: string; share: string; json?: true };

export function verifyCommand(): Command {
  return new Command("verify")
    .description(
      "Proves that what is stored can be restored: reads a share of the data, the next one each time, and restores a sample.",
    )
    .option("--module <module>", "the repositories of this module")
    .option("--all", "all repositories on all destinations")
    .option("--destination <uuid>", "on this destination only")
    .option("--share <1/n>", "how much of the data is read: in n runs all of it", "1/12")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nExit code 1 if anything is wrong, or could not be looked at. It reads only, and keeps no backup waiting.",
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  const shares = parseShares(options.share);
  const problems: string[] = [];
  if ((options.module === undefined) === (options.all === undefined)) {
    problems.push("give either --module or --all");
  }
  if (shares === undefined) problems.push(`--share ${options.share} is none from 1/1 to 1/256`);
  if (problems.length > 0 || shares === undefined) invalid(`Cannot verify: ${problems.join("; ")}`);
  const settings = readSettings();
  const as = asNode(settings);
  const { known, path } = await withOwnRedis(settings, async (redis) => ({
    known: await readKnown(redis),
    path: options.module === undefined ? undefined : await modulePath(redis, options.module),
  }));
  const meant = path === undefined
    ? await allRepositories(as, known, options.destination)
    : await repositoriesAt(as, known, path, options.destination);
  if (meant.repositories.length === 0 && meant.problems.length === 0) {
    failed("Cannot verify: there is no repository");
  }
  using interrupted = interruption();
  const results: (Verified & { repository: string; unrecorded?: string })[] = [];
  const troubles = [...meant.problems];
  for (const trouble of troubles) note(trouble);
  for (const [index, repository] of meant.repositories.entries()) {
    const name = repositoryName(repository);
    if (!options.json) note(`${index + 1} of ${meant.repositories.length}: ${name}`);
    try {
      const result = await verifyOne(settings, as, known, repository, shares, interrupted.signal);
      results.push({ repository: name, ...result });
      if (!options.json) tell(name, result);
    } catch (error) {
      if (interrupted.signal.aborted) failed(`Interrupted while ${name} was verified: it has no result.`);
      const trouble = `${name} could not be verified: ${(error as Error).message}`;
      troubles.push(trouble);
      note(trouble);
    }
  }
  if (options.json) {
    printJson({
      repositories: results.map(({ repository, share, files, verdict, unrecorded }) => ({
        repository,
        share: `${share.n}/${share.of}`,
        files,
        verdict,
        ...(unrecorded === undefined ? {} : { unrecorded }),
      })),
      problems: troubles,
    });
  }
  const bad = results.filter(({ verdict, unrecorded }) =>
    verdict.kind !== "done" || unrecorded !== undefined
  );
  if (bad.length > 0 || troubles.length > 0) Deno.exitCode = 1;
}

async function verifyOne(
  settings: Settings,
  as: AsNode,
  known: Known,
  repository: Repository,
  shares: number,
  signal: AbortSignal,
): Promise<Verified & { unrecorded?: string }> {
  const name = repositoryName(repository);
  const access = nodeAccess(as, repository, known);
  const { facts, records } = await withOwnRedis(settings, async (redis) => ({
    facts: await redis.hGetAll(KEYS.repositoryFacts(name)) as Record<string, string>,
    records: parseRecords(await redis.hGetAll(KEYS.snapshots(name)) as Record<string, string>),
  }));
  const now = Math.floor(Date.now() / 1000);
  const verified = await verify({ access, shares, facts, records, now, signal });
  try {
    await withRedis(settings, async (redis) => {
      const transaction = redis.multi();
      for (const [field, value] of Object.entries(verified.facts)) {
        if (value === null) transaction.hDel(KEYS.repositoryFacts(name), field);
        else transaction.hSet(KEYS.repositoryFacts(name), field, value);
      }
      await transaction.exec();
    });
    return verified;
  } catch (error) {
    return { ...verified, unrecorded: (error as Error).message };
  }
}

function tell(name: string, { verdict, share, files, unrecorded }: Verified & { unrecorded?: string }): void {
  console.log(
    verdict.kind === "done"
      ? `${name}: share ${share.n}/${share.of} is whole, ${files} files restored`
      : `${name}: WRONG (share ${share.n}/${share.of}): ${verdict.because}`,
  );
  if (unrecorded !== undefined) note(`${name}: this result could not be written down: ${unrecorded}`);
}

async function allRepositories(
  as: AsNode,
  known: Known,
  destination: string | undefined,
): Promise<{ repositories: readonly Repository[]; problems: readonly string[] }> {
  const found = await surveyAll(as, destinationsMeant(known, destination));
  return {
    repositories: found.flatMap(({ destination, repositories }) =>
      repositories.map(({ path }) => ({ destination, path }))
    ),
    problems: found.flatMap(({ destination, problems }) =>
      problems.map((problem) => `${destination} cannot be looked at: ${problem}`)
    ),
  };
}
