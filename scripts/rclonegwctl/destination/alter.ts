import { Command } from "commander";
import { failed } from "../failure.ts";
import { note, printFacts, printJson } from "../output.ts";
import { readSettings, withRedis } from "../session.ts";
import { forceOption, triedEverywhere } from "./everywhere.ts";
import { checkUuid, find } from "./find.ts";
import { describing, type DescribingOptions, refuse, requestOf } from "./options.ts";
import { type Request, secretsOf } from "./request.ts";
import { sameStorage } from "./same.ts";
import { save } from "./save.ts";
import type { StoredDestination } from "./stored.ts";
import { obscured } from "./try_it.ts";
import { type Wanted, wanted } from "./wanted.ts";

export function alterCommand(): Command {
  return describing(
    new Command("alter")
      .description(
        "Tries a destination with what is given, and changes it. What is not given stays, and so does a secret that is empty.",
      )
      .argument("<uuid>", "the destination; it keeps its uuid and its restic password")
      .addOption(forceOption())
      .option("--json", "print JSON"),
  ).action(alter);
}

async function alter(id: string, options: DescribingOptions): Promise<void> {
  checkUuid(id);
  const settings = readSettings();
  const doing = `alter destination ${id}`;
  const request = await requestOf(options, doing);
  const altered = await withRedis(settings, async (redis) => {
    const old = await find(redis, id);
    const problems = refusals(request, old, id);
    if (problems.length > 0) refuse(doing, problems);
    const onlyName = request.url === undefined && Object.keys(request.parameters).length === 0;
    const plan: Wanted | { readonly problems: readonly string[] } = onlyName
      ? { ...old, plain: [], defaultName: "" }
      : wanted({ ...request, provider: old.provider }, { trusted: options.trustCommands ?? false, old });
    if ("problems" in plan) refuse(doing, plan.problems);
    const same = onlyName ? undefined : (await sameStorage(redis, plan, id)).stored;
    if (same !== undefined) {
      failed(`Cannot ${doing}: ${plan.url} is destination ${same.id} already. Nothing was changed.`);
    }
    const ready = await obscured(plan);
    if (!options.validate) note("Not tried: --no-validate");
    const { wanted: final, nodes } = onlyName || !options.validate
      ? { wanted: ready, nodes: [] }
      : await triedEverywhere(id, ready, {
        settings,
        redis,
        secrets: secretsOf(request),
        doing,
        force: options.force,
        json: options.json,
      });
    const name = request.name === undefined ? old.name : request.name.trim() || plan.defaultName || old.name;
    await save(redis, [{ ...final, id, name, password: undefined }], {
      check: async () => {
        const now = await find(redis, id);
        if (now.section !== old.section || now.url !== old.url) {
          refuse(doing, ["somebody else has changed it meanwhile: run it again"]);
        }
      },
    });
    const { provider, url, basepath } = final;
    return { id, name, provider, url, basepath, ...nodes.length < 2 ? {} : { nodes } };
  });
  if (options.json) return printJson(altered);
  printFacts([["destination", id], ["name", altered.name], ["url", altered.url]]);
}

function refusals(request: Request, old: StoredDestination, id: string): string[] {
  return [
    ...request.id !== undefined && request.id !== id ? [`id is another destination's`] : [],
    ...request.provider !== undefined && request.provider !== old.provider
      ? [`provider is ${old.provider} and stays so: add another destination`]
      : [],
    ...request.password ? ["password cannot be changed: what is stored is encrypted with it"] : [],
    ...old.parameters.length === 0 ? ["its stored section cannot be read: remove it, and add it again"] : [],
  ];
}
