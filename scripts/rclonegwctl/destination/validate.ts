import { Command } from "commander";
import type { Redis } from "../../../gateway/redis/connection.ts";
import { sectionProblems } from "../../../gateway/rclone/section_policy.ts";
import type { Settings } from "../../../gateway/settings.ts";
import { invalid } from "../failure.ts";
import { note } from "../output.ts";
import { readSettings, withRedis } from "../session.ts";
import { planned, providerOption } from "./add.ts";
import { completed } from "./ask.ts";
import { checkUuid, find } from "./find.ts";
import { describing, type DescribingOptions, refuse, requestOf } from "./options.ts";
import { secretsOf } from "./request.ts";
import { save, sectionOf } from "./save.ts";
import { identityOf } from "./stored.ts";
import { obscured, tried } from "./try_it.ts";

export function validateCommand(): Command {
  return describing(
    new Command("validate")
      .description(
        "Tries a destination on this node: lists it, writes an object, deletes it. Either one that is stored, or one that is " +
          "described as for add, which is not stored.",
      )
      .argument("[uuid]", "a destination that is stored")
      .addOption(providerOption()),
  ).action(validate);
}

async function validate(id: string | undefined, options: DescribingOptions): Promise<void> {
  if (!options.validate) invalid("--no-validate leaves nothing to do");
  const settings = readSettings();
  const described = Object.entries(options).some(([name, value]) =>
    !["validate", "trustCommands"].includes(name) && value !== undefined
  );
  if (id !== undefined && described) invalid("Give the uuid of a destination, or describe one, not both");
  if (id === undefined) return await validateDescribed(settings, options);
  checkUuid(id);
  await withRedis(settings, (redis) => validateStored(redis, settings, id, options.trustCommands ?? false));
}

async function validateDescribed(settings: Settings, options: DescribingOptions): Promise<void> {
  const doing = "validate the destination";
  const request = await completed(await requestOf(options, doing));
  const plan = await withRedis(
    settings,
    (redis) => planned(redis, settings, request, { trusted: options.trustCommands ?? false }),
  );
  if ("problems" in plan) refuse(doing, plan.problems);
  const id = identityOf(plan, plan.parameters);
  await tried(
    id,
    await obscured(plan),
    settings.nodeId,
    secretsOf(request),
    `validate ${plan.url}`,
  );
  if (plan.provider !== "cluster") worked(plan.url, settings);
}

async function validateStored(redis: Redis, settings: Settings, id: string, trusted: boolean): Promise<void> {
  const doing = `validate destination ${id}`;
  const stored = await find(redis, id);
  const problems = stored.provider === "cluster" ? [] : sectionProblems(stored.parameters, trusted);
  if (problems.length > 0) refuse(doing, problems);
  const wanted = { ...stored, plain: [], defaultName: "" };
  const after = await tried(id, wanted, settings.nodeId, [], doing);
  if (stored.provider === "cluster") return;
  if (sectionOf(id, after.parameters) !== sectionOf(id, stored.parameters)) {
    // A token is often good for one renewal only: the old one is worth nothing now.
    await save(redis, [{ ...stored, parameters: after.parameters, password: undefined }], {
      check: async () => {
        if ((await find(redis, id)).section !== stored.section) {
          refuse(doing, ["somebody else has changed it meanwhile"]);
        }
      },
    });
    note("Stored what the storage has renewed: a token, or the keys of its server.");
  }
  worked(`destination ${id} (${stored.name})`, settings);
}

function worked(what: string, settings: Settings): void {
  console.log(`list, write and delete worked on node ${settings.nodeId}: ${what}`);
}
