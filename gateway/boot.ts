/**
 * Validates the settings and prepares /run/gateway, before anything starts. Ends with exit code 2 and one message
 * that names every problem; changes nothing in that case.
 */
import { splitAddress } from "./domain/address.ts";
import { LOCAL_REPOSITORIES } from "./paths.ts";
import { prepare } from "./prepare.ts";
import type { TlsFiles } from "./render/bundle.ts";
import { parseSettings, type Settings } from "./settings.ts";
import { objectionTo } from "./tls/objection.ts";
import { readTlsFiles } from "./tls/read_files.ts";

const settings = parseSettings(Deno.env.toObject(), Deno.readTextFileSync);
if ("problems" in settings) fail(settings.problems);
const tlsFiles = readTlsFiles(settings, Deno.readTextFileSync);
const problems = [
  folderProblem("STATE_DIR", settings.stateDir),
  ...("problems" in tlsFiles ? tlsFiles.problems : [await tlsProblem(tlsFiles, settings)]),
].filter((problem) => problem !== undefined);
if ("problems" in tlsFiles || problems.length > 0) fail(problems);
const taken = [
  portProblem("PORT", settings.bindAddress === "*" ? "0.0.0.0" : settings.bindAddress, settings.port),
  portProblem("HEALTH_ADDRESS", ...hostAndPort(settings.healthAddress)),
].filter((problem) => problem !== undefined);
if (taken.length > 0) {
  // Not a matter of the settings alone: whoever holds it may go, and a supervisor may try again.
  for (const problem of taken) console.error(`Cannot start the gateway: ${problem}`);
  Deno.exit(1);
}

const repositories = folderProblem("the local destination's folder", LOCAL_REPOSITORIES);
if (repositories !== undefined) {
  console.error(
    `Warning: ${repositories}. Backups to the local destination will fail. ` +
      `A volume left by a service that ran as root is taken over with: ` +
      `podman run --rm --user 0 --volume VOLUME:${LOCAL_REPOSITORIES} IMAGE takeover`,
  );
}
if (settings.tlsCert !== undefined && settings.tlsCa === undefined) {
  console.error(
    "Warning: TLS_CERT is set and TLS_CA is not, so that this node cannot tell whom it speaks to: it asks no other " +
      "node, and passes nothing on to one.",
  );
}
prepare(settings, tlsFiles);

function fail(problems: readonly string[]): never {
  console.error("Cannot start the gateway: its settings are not valid.");
  for (const problem of problems) console.error(`  - ${problem}`);
  console.error("Nothing was started. The settings are listed in docs/operations.md.");
  Deno.exit(2);
}

/** Why nothing can be written to a folder, or undefined. */
function folderProblem(what: string, path: string): string | undefined {
  const probe = `${path}/.write-probe`;
  try {
    Deno.writeTextFileSync(probe, "");
    Deno.removeSync(probe);
    return undefined;
  } catch (error) {
    return `${what} ${path} cannot be written by uid ${Deno.uid()} (${(error as Error).name})`;
  }
}

/** What HAProxy has against what it is to load, or undefined. */
async function tlsProblem(files: TlsFiles, settings: Settings): Promise<string | undefined> {
  if (settings.tlsCert === undefined) return undefined;
  const objection = await objectionTo(files, settings);
  return objection === undefined ? undefined : `HAProxy cannot work with TLS_CERT or TLS_CA: ${objection}`;
}

/** Why nothing can listen on an address, or undefined. */
function portProblem(setting: string, hostname: string, port: number): string | undefined {
  try {
    Deno.listen({ hostname, port }).close();
    return undefined;
  } catch (error) {
    const why = error instanceof Deno.errors.AddrInUse
      ? "something else listens there (ss -ltnp shows what; is a predecessor still running?)"
      : (error as Error).message;
    return `${hostname}:${port} (${setting}) cannot be used: ${why}`;
  }
}

function hostAndPort(address: string): [hostname: string, port: number] {
  const { host, port } = splitAddress(address);
  return [host, port];
}
