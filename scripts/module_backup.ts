/** Backs up one module. Exit codes: 0 done, 1 failed, 2 what was given is not valid, 3 another run holds the module's lock. */
import { Command } from "commander";
import { lockFolder, tryLock } from "../backup/lock.ts";
import { backUp } from "../backup/module/back_up.ts";
import { readFacts } from "../backup/module/facts.ts";
import { findFolder, MODULE_FOLDERS } from "../backup/module/folder.ts";
import { type ModuleIdentity, parseIdentity } from "../gateway/domain/identity.ts";
import { parseSettings } from "../gateway/settings.ts";
import { jsonPresenter, plainPresenter } from "./module_backup/present.ts";
import { CommandFailed, invalid } from "./rclonegwctl/failure.ts";
import { withOwnRedis } from "./rclonegwctl/own_redis.ts";

const ANOTHER_RUN = 3;

const program = new Command("module-backup")
  .description("Backs up one module of this node into its repository, through this node's gateway.")
  .argument("<backup>", "the backup's id, such as 1: where to, and that the module is part of it")
  .requiredOption("--module <id>", "the module, such as dokuwiki1")
  .option("--json", "print restic's JSON: status messages, and the summary as the last line")
  .addHelpText(
    "after",
    "\nSettings come from the environment, or from /etc/rclone-gateway/gateway.env: NODE_ID, REDIS_REPLICA_ADDRESS, REDIS_USER,\n" +
      "REDIS_PASSWORD, PORT; MODULE_FOLDERS (where modules are), BACKUP_LOCK_DIR, RESTIC_IMAGE.\n" +
      "Exit codes: 0 done, 1 failed, 2 what was given is not valid, 3 another run of this module is at work.",
  )
  .showHelpAfterError("(add --help for the way to call it)")
  .exitOverride((error) => Deno.exit(error.exitCode === 0 ? 0 : 2));
program.parse(["deno", "module-backup", ...Deno.args]);

try {
  Deno.exit(await run(program.args[0] ?? "", program.opts<{ module: string; json?: true }>()));
} catch (error) {
  if (!(error instanceof CommandFailed)) throw error;
  console.error(error.message);
  Deno.exit(error.exitCode);
}

async function run(backup: string, options: { module: string; json?: true }): Promise<number> {
  const { module, settings } = judge(backup, options.module);
  const [facts, folder] = await Promise.all([
    withOwnRedis(settings, (redis) => readFacts(redis, { backup, module, node: settings.nodeId })),
    findFolder(module.id, Deno.env.get("MODULE_FOLDERS") || MODULE_FOLDERS),
  ]);
  if ("problems" in facts || "problem" in folder) {
    return refuse(backup, options.module, [
      ..."problems" in facts ? facts.problems : [],
      ..."problem" in folder ? [folder.problem] : [],
    ]);
  }
  const locks = lockFolder(Deno.env.toObject());
  using lock = await tryLock(locks, `${module.id}.lock`);
  if (lock === undefined) {
    console.error(
      `Cannot back up ${module.name}: another run is at work (it holds ${locks}/${module.id}.lock)`,
    );
    return ANOTHER_RUN;
  }
  const terminal = Deno.stderr.isTerminal();
  const presenter = options.json ? jsonPresenter() : plainPresenter(module.name, terminal);
  const verdict = await backUp({
    ...facts,
    backup,
    module,
    folder,
    gateway: `http://127.0.0.1:${settings.port}`,
    scan: options.json === true || terminal,
    tell: presenter.tell,
    signal: interrupted(),
  });
  presenter.end(verdict.kind === "done");
  if (verdict.kind === "done") return 0;
  console.error(`Cannot back up ${module.name}: ${verdict.because}`);
  return 1;
}

/** What was given, as far as it can be judged without Redis. */
function judge(backup: string, text: string) {
  const problems: string[] = [];
  const identity = parseIdentity(`module/${text}`);
  const settings = parseSettings(Deno.env.toObject(), Deno.readTextFileSync);
  if (!/^[1-9][0-9]{0,8}$/.test(backup)) {
    problems.push(`"${backup}" is no backup's id: it is a number such as 1`);
  }
  if (identity === undefined) problems.push(`"${text}" is no module's id: such as dokuwiki1`);
  if ("problems" in settings) problems.push(...settings.problems);
  if (Deno.uid() !== 0) problems.push("it needs root, to become the owner of the module's folder: use sudo");
  if (problems.length > 0 || "problems" in settings) return refuse(backup, text, problems);
  return { module: identity as ModuleIdentity, settings };
}

function refuse(backup: string, module: string, problems: readonly string[]): never {
  invalid(
    [`Cannot back up ${JSON.stringify(module)} with backup ${JSON.stringify(backup)}; nothing was changed.`]
      .concat(problems.map((problem) => `  - ${problem}`)).join("\n"),
  );
}

/** Aborts when somebody wants this process to end. */
function interrupted(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    Deno.addSignalListener(signal, () => controller.abort());
  }
  return controller.signal;
}
