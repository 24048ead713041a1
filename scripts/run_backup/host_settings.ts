import { type BackupFolders, backupFolders } from "../../backup/metrics/files.ts";
import { fqdn } from "../../backup/run/fqdn.ts";
import { lockFolder } from "../../backup/lock.ts";
import { Pending } from "../../backup/run/pending.ts";

/** What a run needs to know of this host. */
export type HostSettings = {
  readonly folders: BackupFolders;
  readonly lockFolder: string;
  readonly pending: Pending;
  readonly fqdn: string;
  readonly moduleBackup: readonly string[];
  readonly retry: { readonly every: number; readonly for: number };
};

/**
 * From the environment: BACKUP_STATE_DIR, BACKUP_LOCK_DIR, BACKUP_PROM_DIR; BACKUP_RETRY_INTERVAL and BACKUP_RETRY_TIMEOUT (60 and 3600
 * seconds); MODULE_BACKUP_COMMAND, a program in the place of module-backup. Or every problem with them.
 */
export function hostSettings(
  env: Readonly<Record<string, string | undefined>>,
): HostSettings | { readonly problems: readonly string[] } {
  const problems: string[] = [];
  const seconds = (name: string, otherwise: number): number => {
    const text = env[name] || String(otherwise);
    if (!/^[0-9]{1,6}$/.test(text)) problems.push(`${name} must be seconds: it is ${JSON.stringify(text)}`);
    return Number(text);
  };
  const retry = {
    every: Math.max(1, seconds("BACKUP_RETRY_INTERVAL", 60)),
    for: seconds("BACKUP_RETRY_TIMEOUT", 3600),
  };
  if (problems.length > 0) return { problems };
  const folders = backupFolders(env);
  return {
    folders,
    lockFolder: lockFolder(env),
    pending: new Pending(`${folders.state}/pending`),
    fqdn: fqdn(Deno.hostname(), readText("/etc/hosts")),
    moduleBackup: env["MODULE_BACKUP_COMMAND"] ? [env["MODULE_BACKUP_COMMAND"]] : beside("module_backup.ts"),
    retry,
  };
}

/** A program of these sources, as this one was started. */
function beside(script: string): string[] {
  const path = (relative: string): string => new URL(relative, import.meta.url).pathname;
  const deno = [Deno.execPath(), "run", "--quiet", "--no-prompt", "--cached-only"];
  return [...deno, "--config", path("../../deno.json"), "-P=backup", path(`../${script}`)];
}

function readText(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}
