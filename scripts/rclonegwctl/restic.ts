import { Command } from "commander";
import { accessTo } from "../../backup/restic/access.ts";
import { type Mount, resticCommand } from "../../backup/restic/restic.ts";
import { provideImage } from "../../backup/restic/image.ts";
import { failed, invalid } from "./failure.ts";
import { printJson, printTable } from "./output.ts";
import { type Overview, readOverview } from "./restic/overview.ts";
import { type ResticOptions, target } from "./restic/target.ts";
import { volumesOf } from "./restic/volumes_of.ts";
import { readSettings } from "./session.ts";
import { withOwnRedis } from "./own_redis.ts";

export function resticCommandOfOperator(): Command {
  return new Command("restic")
    .description(
      "Runs restic in a container on a repository, through this node's gateway and with this node's rights. Where the module's " +
        "folder on this node is root's, its state folder and volumes are in /srv. Ends with restic's exit code.",
    )
    .argument("[args...]", "restic's arguments, after --: rclonegwctl restic --module dokuwiki1 -- snapshots")
    .option(
      "--module <id>",
      "the module's repository; where it is follows from --backup, or from its only backup",
    )
    .option("--backup <id>", "the backup whose destination it is")
    .option("--destination <uuid>", "the destination")
    .option("--repopath <path>", "the repository there: <app type>/<module uuid>")
    .option(
      "--podman <arg>",
      "one more argument of podman run, such as volume=/tmp/here:/srv/here; repeat it",
      add,
    )
    .option("--show", "list destinations and backups instead")
    .option("--json", "with --show: print JSON")
    .action(run);
}

function add(value: string, before: readonly string[] = []): string[] {
  return [...before, value.startsWith("-") ? value : `--${value}`];
}

async function run(args: string[], options: ResticOptions & { podman?: string[]; show?: true; json?: true }) {
  const settings = readSettings();
  const overview = await withOwnRedis(settings, readOverview);
  if (options.show) return show(overview, options);
  const found = target(options, overview);
  const problems = "problems" in found ? [...found.problems] : [];
  if (args.length === 0) {
    problems.push("there are no arguments for restic: give them after --, such as -- snapshots");
  }
  if ("problems" in found || problems.length > 0) {
    return invalid(["Cannot run restic:", ...problems.map((problem) => `  - ${problem}`)].join("\n"));
  }
  const { nodePassword: secret, nodeId, port } = settings;
  if (secret === undefined) {
    return invalid(
      `Cannot run restic as node/${nodeId}: set NODE_PASSWORD, or log in to Redis as node/${nodeId}`,
    );
  }
  const { repository, password, module } = found;
  await provideImage(undefined).catch((error) => failed((error as Error).message));
  const mounts = module === undefined ? [] : await volumesOf(module, Object.keys(overview.uuids));
  const user = `node/${nodeId}`;
  const access = accessTo(`http://127.0.0.1:${port}`, repository, { user, secret }, password);
  Deno.exitCode = await attached({ access, args, mounts, podman: options.podman ?? [] });
}

/** Runs restic on this process's own terminal, or whatever its standard streams are. */
async function attached(
  { podman, ...call }: {
    access: ReturnType<typeof accessTo>;
    args: readonly string[];
    mounts: readonly Mount[];
    podman: readonly string[];
  },
): Promise<number> {
  const terminal = Deno.stdin.isTerminal() && Deno.stdout.isTerminal();
  const command = resticCommand({ ...call, podman: [...terminal ? ["--tty"] : [], ...podman] });
  const child = new Deno.Command(command.program, {
    args: [...command.args],
    env: { ...command.environment },
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  // A terminal sends it to podman, too; this process has to be there until restic has ended.
  Deno.addSignalListener("SIGINT", () => {});
  Deno.addSignalListener("SIGTERM", () => child.kill("SIGTERM"));
  return (await child.status).code;
}

function show({ destinations, backups }: Overview, { json }: { json?: true }): void {
  if (json) {
    return printJson({
      destinations: destinations.map(({ id, name, url }) => ({ id, name, url })),
      backups: backups.map(({ id, name, destination, modules }) => ({ id, name, destination, modules })),
    });
  }
  printTable(["DESTINATION", "NAME", "URL"], destinations.map(({ id, name, url }) => [id, name, url]));
  console.log();
  printTable(
    ["BACKUP", "NAME", "DESTINATION", "MODULES"],
    backups.map(({ id, name, destination, modules }) => [id, name, destination, modules.join(" ")]),
  );
}
