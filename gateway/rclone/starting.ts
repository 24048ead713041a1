import type { RcloneServer } from "../domain/decision.ts";
import type { Instance } from "../render/bundle.ts";
import { type RcloneControl, RcloneSilent } from "./control.ts";
import type { DirtyMarks } from "./dirty_marks.ts";
import type { Disks } from "./disk.ts";
import type { Supervised } from "./supervised.ts";
import { removeTorn } from "./torn.ts";

/** A process that has just been started answers within a fraction of this. */
const APPEARS_WITHIN_MS = 15_000;
/**
 * An upload without progress is given up by its client after five minutes; what a killed rclone was writing was
 * written to within that time. Three times as long, and for power cuts what the kernel had not written yet.
 */
const UPLOAD_STALL_MS = 15 * 60_000;

/** What it takes to start an instance. */
export type StartingParts = {
  readonly supervised: Supervised;
  readonly marks: DirtyMarks;
  readonly disks: Disks;
  readonly control: (socket: string) => RcloneControl;
  readonly log: (message: string) => void;
};

/**
 * Makes sure that one server of an instance, in whose `folder` its configuration and sockets are, accepts connections.
 * Returns the sockets of all of its servers that run. Throws where that fails; then it can simply be tried again.
 */
export async function startServer(
  parts: StartingParts,
  instance: Instance,
  folder: string,
  server: RcloneServer,
): Promise<string[]> {
  if (instance.localFolder !== undefined) {
    await parts.disks.check(instance.destination, instance.localFolder);
  }
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  // rclone itself writes rotated tokens to it: written once, not at each start.
  await writeNew(`${folder}/rclone.conf`, instance.rcloneConf);
  await parts.supervised.start(instance.name);
  const control = parts.control(`${folder}/control.sock`);
  try {
    const servers = await appear(control);
    if (servers.length === 0) await cleanUp(parts, instance);
    const socket = `${folder}/${server}.sock`;
    if (!servers.includes(socket)) {
      await parts.marks.alive(instance.destination);
      await control.startServer(server, instance.fs, instance.destination, socket);
      servers.push(socket);
    }
    return servers;
  } finally {
    control.close();
  }
}

/** The servers of a process that may have just been started. */
async function appear(control: RcloneControl): Promise<string[]> {
  const deadline = performance.now() + APPEARS_WITHIN_MS;
  for (;;) {
    try {
      return await control.servers();
    } catch (error) {
      if (!(error instanceof RcloneSilent) || performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** No server runs yet, so that no upload is in flight: the moment to remove what a killed process left torn. */
async function cleanUp({ marks, log }: StartingParts, instance: Instance): Promise<void> {
  if (instance.localFolder === undefined) return;
  const lastAlive = await marks.lastAlive(instance.destination);
  if (lastAlive === undefined) return;
  const torn = await removeTorn(instance.localFolder, lastAlive - UPLOAD_STALL_MS);
  await marks.swept(instance.destination);
  for (const path of torn) {
    log(`${instance.destination}: removed ${path}: its upload was cut off half-way`);
  }
}

async function writeNew(path: string, content: string): Promise<void> {
  try {
    await Deno.writeTextFile(path, content, { createNew: true, mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}
