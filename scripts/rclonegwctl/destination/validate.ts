import { Command } from "commander";
import type { NodeTrial } from "../../../gateway/domain/node_trial.ts";
import type { Redis } from "../../../gateway/redis/connection.ts";
import { type Parameters, sectionProblems } from "../../../gateway/rclone/section_policy.ts";
import type { Settings } from "../../../gateway/settings.ts";
import { invalid } from "../failure.ts";
import { note, printJson } from "../output.ts";
import { readSettings, withRedis } from "../session.ts";
import { planned, providerOption } from "./add.ts";
import { completed } from "./ask.ts";
import { triedEverywhere } from "./everywhere.ts";
import { checkUuid, find } from "./find.ts";
import { describing, type DescribingOptions, refuse, requestOf } from "./options.ts";
import { nodesNamed, worksOn } from "./node_trials.ts";
import { secretsOf } from "./request.ts";
import { save, sectionOf } from "./save.ts";
import { identityOf } from "./stored.ts";
import { obscured } from "./try_it.ts";

export function validateCommand(): Command {
  return describing(
    new Command("validate")
      .description(
        "Tries a destination on every node: lists it, writes an object, deletes it. Either one that is stored, or one that is " +
          "described as for add, which is not stored.",
      )
      .argument("[uuid]", "a destination that is stored")
      .addOption(providerOption())
      .option("--json", "print JSON"),
  ).action(validate);
}

async function validate(id: string | undefined, options: DescribingOptions): Promise<void> {
  if (!options.validate) invalid("--no-validate leaves nothing to do");
  const settings = readSettings();
  const described = Object.entries(options).some(([name, value]) =>
    !["validate", "trustCommands", "json"].includes(name) && value !== undefined
  );
  if (id !== undefined && described) invalid("Give the uuid of a destination, or describe one, not both");
  if (id === undefined) return await validateDescribed(settings, options);
  checkUuid(id);
  await withRedis(settings, (redis) => validateStored(redis, settings, id, options));
}

async function validateDescribed(settings: Settings, options: DescribingOptions): Promise<void> {
  const doing = "validate the destination";
  const request = await completed(await requestOf(options, doing));
  await withRedis(settings, async (redis) => {
    const plan = await planned(redis, settings, request, { trusted: options.trustCommands ?? false });
    if ("problems" in plan) refuse(doing, plan.problems);
    const { nodes } = await triedEverywhere(identityOf(plan, plan.parameters), await obscured(plan), {
      settings,
      redis,
      secrets: secretsOf(request),
      doing: `validate ${plan.url}`,
      json: options.json,
    });
    worked(plan.url, nodes, options);
  });
}

async function validateStored(
  redis: Redis,
  settings: Settings,
  id: string,
  options: DescribingOptions,
): Promise<void> {
  const doing = `validate destination ${id}`;
  const stored = await find(redis, id);
  const problems = stored.provider === "cluster"
    ? []
    : sectionProblems(stored.parameters, options.trustCommands ?? false);
  if (problems.length > 0) refuse(doing, problems);
  const wanted = { ...stored, plain: [], defaultName: "" };
  const keep = async (parameters: Parameters): Promise<void> => {
    if (sectionOf(id, parameters) === sectionOf(id, stored.parameters)) return;
    // A token is often good for one renewal only: the old one is worth nothing now.
    await save(redis, [{ ...stored, parameters, password: undefined }], {
      check: async () => {
        if ((await find(redis, id)).section !== stored.section) {
          refuse(doing, ["somebody else has changed it meanwhile"]);
        }
      },
    });
    note("Stored what the storage has renewed: a token, or the keys of its server.");
  };
  const { nodes } = await triedEverywhere(id, wanted, {
    settings,
    redis,
    secrets: [],
    doing,
    all: true,
    keep,
    json: options.json,
  });
  worked(`destination ${id} (${stored.name})`, nodes, options);
}

function worked(
  what: string,
  nodes: readonly NodeTrial[],
  { json }: DescribingOptions,
): void {
  if (json) return printJson({ nodes });
  const on = worksOn(nodes);
  if (on.length > 0) console.log(`list, write and delete worked on ${nodesNamed(on)}: ${what}`);
}
