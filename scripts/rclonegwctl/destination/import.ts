import { Command } from "commander";
import { KEYS } from "../../../gateway/redis/keys.ts";
import { failed } from "../failure.ts";
import { note, printJson } from "../output.ts";
import { readSettings, withRedis } from "../session.ts";
import { entriesIn } from "./import_entries.ts";
import { judge, type Judged } from "./import_judge.ts";
import { refuse } from "./options.ts";
import { save } from "./save.ts";
import { readStored } from "./stored.ts";
import { obscured, trialOf } from "./try_it.ts";

const DOING = "import the destinations";

export function importCommand(): Command {
  return new Command("import")
    .description(
      "Adds the destinations of a list, all of them or none, in one transaction with one event. They keep their uuids.",
    )
    .argument("[file]", "JSON; - or none is standard input")
    .option(
      "--trust-commands",
      "let their configurations run programs, read local files and use other remotes",
    )
    .option("--no-validate", "do not try them before they are stored")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
The list is an array of destinations, an object of them by uuid, or NethServer 8's backup of a cluster, decrypted. Each has
provider, name and url, and either today's fields, basepath, rclone_conf and restic_password, or those of before, password
and flat ones such as b2_account_id and b2_account_key; and its uuid as id, if it has one.`,
    )
    .action(importThem);
}

async function importThem(
  file: string | undefined,
  options: { trustCommands?: true; validate: boolean; json?: true },
): Promise<void> {
  const settings = readSettings();
  const entries = entriesIn(await read(file ?? "-"));
  if ("problems" in entries) refuse(DOING, entries.problems);
  const result = await withRedis(settings, async (redis) => {
    const judged = await judge(redis, entries, options.trustCommands ?? false);
    if ("problems" in judged) refuse(DOING, judged.problems);
    const ready: Judged[] = [];
    const problems: string[] = [];
    for (const each of judged.fresh) {
      const wanted = await obscured(each.wanted);
      if (!options.validate || wanted.provider === "cluster") {
        ready.push({ ...each, wanted });
        continue;
      }
      const trial = await trialOf(each.id, wanted, settings.nodeId, each.secrets);
      if ("because" in trial) problems.push(`${each.label}: ${trial.because}`);
      else ready.push({ ...each, wanted: { ...wanted, parameters: trial.parameters } });
    }
    if (problems.length > 0) {
      failed(
        [
          `Cannot ${DOING}; nothing was changed. --no-validate stores them without a trial.`,
          ...problems.map((each) => `  - ${each}`),
        ]
          .join("\n"),
      );
    }
    if (!options.validate) note("Not tried: --no-validate");
    const { skipped } = judged;
    if (ready.length > 0) {
      await save(
        redis,
        ready.map(({ id, name, password, wanted }) => ({ ...wanted, id, name, password })),
        {
          watch: ready.map(({ id }) => KEYS.tombstone(id)),
          check: async () => {
            for (const { id, label } of ready) {
              if (await readStored(redis, id) !== undefined) {
                refuse(DOING, [`${label}: it has just been added`]);
              }
            }
          },
          also: (transaction) => ready.forEach(({ id }) => void transaction.del(KEYS.tombstone(id))),
        },
      );
    }
    return { imported: ready.map(({ id, name }) => ({ id, name })), skipped };
  });
  for (const { label, because } of result.skipped) note(`${label} is left out: ${because}`);
  if (options.json) return printJson({ imported: result.imported, skipped: result.skipped });
  for (const { id, name } of result.imported) console.log(`${id}  ${name}`);
  console.log(`${result.imported.length} destinations imported, ${result.skipped.length} left out`);
}

async function read(file: string): Promise<string> {
  try {
    return file === "-" ? await new Response(Deno.stdin.readable).text() : await Deno.readTextFile(file);
  } catch (error) {
    return refuse(DOING, [`${file} cannot be read: ${(error as Error).message}`]);
  }
}
