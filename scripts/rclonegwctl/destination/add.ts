import { Command, Option } from "commander";
import { PROVIDERS, RAW } from "../../../gateway/providers/providers.ts";
import type { Redis } from "../../../gateway/redis/connection.ts";
import { KEYS } from "../../../gateway/redis/keys.ts";
import type { Settings } from "../../../gateway/settings.ts";
import { failed } from "../failure.ts";
import { note, printFacts, printJson } from "../output.ts";
import { newSecret } from "../secret.ts";
import { readSettings, withRedis } from "../session.ts";
import { completed } from "./ask.ts";
import { forceOption, triedEverywhere } from "./everywhere.ts";
import { describing, type DescribingOptions, refuse, requestOf } from "./options.ts";
import { type Request, secretsOf } from "./request.ts";
import { sameStorage } from "./same.ts";
import { save } from "./save.ts";
import { identityOf, type StoredDestination } from "./stored.ts";
import { obscured } from "./try_it.ts";
import { type Wanted, wanted } from "./wanted.ts";

/** Without one, it is the disk of a node. */
export const providerOption = (): Option =>
  new Option("--provider <provider>", 'what kind of storage (default: "cluster", the local disk of a node)')
    .choices([...Object.keys(PROVIDERS), RAW]);

export function addCommand(): Command {
  return describing(
    new Command("add")
      .description("Tries a destination, adds it, and prints the restic password that was made for it, once.")
      .addOption(providerOption())
      .option("--node <node>", "with the provider cluster: whose disk (default: this node's)")
      .option(
        "--password-file <file>",
        "the restic password (default: a new one, or the one of the destination that was removed)",
      )
      .addOption(forceOption())
      .option("--json", "print JSON"),
  ).action(add);
}

async function add(options: DescribingOptions & { node?: string }): Promise<void> {
  const settings = readSettings();
  const request = await completed(await requestOf(options, "add the destination"));
  const trusted = options.trustCommands ?? false;
  const added = await withRedis(settings, async (redis) => {
    const plan = await planned(redis, settings, request, {
      trusted,
      ...options.node === undefined ? {} : { node: options.node },
    });
    if ("problems" in plan) refuse("add the destination", plan.problems);
    const password = checkedPassword(request.password);
    const { identity, stored, tombstone, alike } = await sameStorage(redis, plan);
    const there = (other: StoredDestination): never =>
      failed(`Cannot add ${plan.url}: ${known(other, identity)}. Nothing was changed.`);
    if (stored !== undefined) there(stored);
    if (tombstone !== undefined && password !== undefined && password !== tombstone.restic_password) {
      refuse("add the destination", [
        `it was removed at ${tombstone.removed_at}, and what is stored there needs the restic password of then: leave the password out`,
      ]);
    }
    const id = tombstone?.id ?? identity;
    const ready = await obscured(plan);
    if (!options.validate) note("Not tried: --no-validate");
    const { wanted: final, nodes } = options.validate
      ? await triedEverywhere(id, ready, {
        settings,
        redis,
        secrets: secretsOf(request),
        doing: `add ${plan.url}`,
        force: options.force,
        json: options.json,
      })
      : { wanted: ready, nodes: [] };
    const made = tombstone === undefined && password === undefined ? newSecret() : undefined;
    const name = request.name?.trim() || tombstone?.name || plan.defaultName;
    await save(redis, [{ ...final, id, name, password: made ?? password ?? tombstone?.restic_password }], {
      watch: [KEYS.tombstone(id)],
      check: async () => {
        const now = await sameStorage(redis, final);
        if (now.stored !== undefined) there(now.stored);
        if (now.tombstone?.restic_password !== tombstone?.restic_password) {
          failed(
            `Cannot add ${plan.url}: it has just been removed by somebody else. Nothing was changed: run it again.`,
          );
        }
      },
      also: (transaction) => void transaction.del(KEYS.tombstone(id)),
    });
    for (const each of alike) {
      note(
        `Destination ${each.id}${
          each.removed ? ", which was removed," : ""
        } has the same url. If it is the same storage, ` +
          `what is there needs its restic password: rclonegwctl destination recovery-kit ${each.id}`,
      );
    }
    return { id, name, ...facts(final), password: made, tombstone, nodes };
  });
  const { password, tombstone, nodes, ...shown } = added;
  if (tombstone !== undefined) {
    note(
      `This storage was removed at ${tombstone.removed_at}: its restic password is taken over, so that what is there can be read.`,
    );
  }
  if (options.json) {
    return printJson({
      ...shown,
      ...password === undefined ? {} : { password },
      ...nodes.length < 2 ? {} : { nodes },
    });
  }
  printFacts([
    ["destination", shown.id],
    ["name", shown.name],
    ["url", shown.url],
    ...password === undefined ? [] : [["restic password", password] as const],
  ]);
  note(
    "Keep the restic password somewhere else, too: without it nothing that is backed up can be read. " +
      "The whole recovery kit: rclonegwctl destination recovery-kit",
  );
}

/** Why a storage cannot be added. The uuid is made once: it stays when a destination is altered to another place. */
function known(stored: StoredDestination, identity: string): string {
  return stored.provider === "cluster" || identityOf(stored, stored.parameters) === identity
    ? `it is destination ${stored.id} already`
    : `its uuid is that of destination ${stored.id}, which was altered to ${stored.url}: alter that one back`;
}

/** What a request means on this node: the disk of a node needs its address. */
export async function planned(
  redis: Redis,
  settings: Settings,
  request: Request,
  options: { trusted: boolean; node?: string },
): Promise<Wanted | { readonly problems: readonly string[] }> {
  const provider = request.provider ?? "cluster";
  const ofNode = provider === "cluster" && !request.url;
  if (options.node !== undefined && !ofNode) {
    return { problems: ["--node is for the provider cluster, without a url"] };
  }
  if (!ofNode) return wanted({ ...request, provider }, options);
  const node = options.node ?? settings.nodeId;
  const address = await redis.hGet(KEYS.vpn(node), "ip_address") ??
    (node === settings.nodeId ? "127.0.0.1" : undefined);
  if (address === undefined) {
    return { problems: [`there is no node ${node}: ${KEYS.vpn(node)} has no ip_address`] };
  }
  const url = `webdav:http://${address.includes(":") ? `[${address}]` : address}:4694`;
  const plan = wanted({ ...request, provider, url }, options);
  return "problems" in plan ? plan : { ...plan, defaultName: `Disk of node ${node}` };
}

/** A restic password that was given: one line, not empty. */
function checkedPassword(password: string | undefined): string | undefined {
  if (password === undefined || password === "") return undefined;
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x1f\x7f]/.test(password)) refuse("add the destination", ["password holds a control character"]);
  return password;
}

function facts({ provider, url, basepath }: Wanted): Pick<Wanted, "provider" | "url" | "basepath"> {
  return { provider, url, basepath };
}
