import type { RcloneServer } from "../domain/decision.ts";
import type { Instance } from "../render/bundle.ts";
import { type RcloneControl, RcloneError, RcloneSilent } from "./control.ts";
import type { DirtyMarks } from "./dirty_marks.ts";
import type { Supervised } from "./supervised.ts";
import { removeTorn } from "./torn.ts";
import { withoutSecrets } from "./without_secrets.ts";

/** How a destination's rclone is. Times are milliseconds since 1970. */
export type InstanceState =
  | { readonly kind: "idle" }
  | { readonly kind: "starting" }
  | { readonly kind: "serving"; readonly servers: readonly RcloneServer[] }
  | { readonly kind: "failing"; readonly since: number; readonly because: string; readonly retryAt: number };

/** Whether a request can be passed on now. */
export type Readiness = { readonly kind: "ready" } | { readonly kind: "not-ready"; readonly because: string };

const READY: Readiness = { kind: "ready" };
const PAUSE_FIRST_MS = 1000;
const PAUSE_LONGEST_MS = 60_000;
/** A process that has just been started answers within a fraction of this. */
const APPEARS_WITHIN_MS = 15_000;
/**
 * An upload without progress is given up by its client after five minutes; what a killed rclone was writing was
 * written to within that time. Three times as long, and for power cuts what the kernel had not written yet.
 */
const UPLOAD_STALL_MS = 15 * 60_000;

type Running = {
  instance: Instance;
  state: InstanceState;
  failures: number;
  busy: Promise<Readiness> | undefined;
};

/**
 * The processes of rclone on this node, one for each destination that is used. Started at first use, one starting
 * at a time for each; nothing one does, or fails to do, holds up another.
 */
export class Instances {
  readonly #running = new Map<string, Running>();
  /** left running by a predecessor, and not (yet) among those that should */
  readonly #strays = new Set<string>();

  constructor(
    private readonly folder: string,
    private readonly supervised: Supervised,
    private readonly marks: DirtyMarks,
    private readonly control: (socket: string) => RcloneControl,
    private readonly log: (message: string) => void,
  ) {}

  /** Looks for what a predecessor has left running, in the folder where the supervisor keeps instances. */
  async find(folder: string): Promise<void> {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      if (isDirectory && !name.startsWith(".")) this.#strays.add(name);
    }
  }

  /** Takes over what should run. Instances that are no longer named stay until {@link retire}. */
  adopt(instances: readonly Instance[]): void {
    for (const instance of instances) {
      this.#strays.delete(instance.name);
      if (!this.#running.has(instance.name)) {
        this.#running.set(instance.name, { instance, state: { kind: "idle" }, failures: 0, busy: undefined });
      }
    }
  }

  /** Stops every instance that is not among those to keep. */
  async retire(keep: ReadonlySet<string>): Promise<void> {
    for (const name of this.#strays) {
      this.#strays.delete(name);
      await this.supervised.stop(name);
      await Deno.remove(`${this.folder}/${name}`, { recursive: true }).catch(() => {/* it never started */});
      this.log(`${name}: rclone of an earlier configuration has ended`);
    }
    for (const [name, { instance, busy }] of this.#running) {
      if (keep.has(name)) continue;
      this.#running.delete(name);
      // One that is just being started would go on to start its servers.
      await busy;
      await this.supervised.stop(name);
      await Deno.remove(`${this.folder}/${name}`, { recursive: true }).catch(() => {/* it never started */});
      const another = [...this.#running.values()].some((other) =>
        other.instance.destination === instance.destination
      );
      if (!another) await this.marks.clean(instance.destination);
      this.log(`${instance.destination}: rclone of an earlier configuration has ended`);
    }
  }

  state(name: string): InstanceState {
    return this.#running.get(name)?.state ?? { kind: "idle" };
  }

  instance(name: string): Instance | undefined {
    return this.#running.get(name)?.instance;
  }

  socket(name: string, server: RcloneServer): string {
    return `${this.folder}/${name}/${server}.sock`;
  }

  /** Makes sure that a server accepts connections, or says why it does not. */
  async ready(name: string, server: RcloneServer): Promise<Readiness> {
    const running = this.#running.get(name);
    if (running === undefined) {
      return { kind: "not-ready", because: "its configuration has just changed; try again" };
    }
    // Whoever comes while it is being started waits for the same start, and then looks for its own server.
    while (running.busy !== undefined) await running.busy;
    const { state } = running;
    if (state.kind === "failing" && Date.now() < state.retryAt) return notReady(state.because);
    const start = this.#start(running, server).finally(() => running.busy = undefined);
    running.busy = start;
    return await start;
  }

  /**
   * Says of every instance that serves that it is alive (see {@link DirtyMarks}). Each is asked, whatever is remembered
   * of it: one that was killed, and that nobody has used since, would otherwise seem alive until long after what it
   * left torn; and one that a predecessor has started is not remembered.
   */
  async heartbeat(): Promise<void> {
    await Promise.all([...this.#running.values()].map(async (running) => {
      const { instance, state, busy } = running;
      if (busy !== undefined || state.kind === "failing") return;
      const servers = await this.#serversOf(instance);
      if (servers.length > 0) await this.marks.alive(instance.destination);
      // A start that began meanwhile knows better.
      if (running.busy === undefined && running.state === state) {
        running.state = servers.length > 0 ? { kind: "serving", servers } : { kind: "idle" };
      }
    }));
  }

  async #serversOf(instance: Instance): Promise<RcloneServer[]> {
    const control = this.control(`${this.folder}/${instance.name}/control.sock`);
    try {
      return (await control.servers()).map(serverOf);
    } catch {
      return []; // never started, or on its way up again
    } finally {
      control.close();
    }
  }

  async #start(running: Running, server: RcloneServer): Promise<Readiness> {
    const { instance } = running;
    const socket = this.socket(instance.name, server);
    if (running.state.kind === "idle") running.state = { kind: "starting" };
    let control: RcloneControl | undefined;
    try {
      const folder = `${this.folder}/${instance.name}`;
      await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
      // rclone itself writes rotated tokens to it: written once, not at each start.
      await writeNew(`${folder}/rclone.conf`, instance.rcloneConf);
      await this.supervised.start(instance.name);
      control = this.control(`${folder}/control.sock`);
      const servers = await this.#appear(control);
      if (servers.length === 0) await this.#cleanUp(instance);
      if (!servers.includes(socket)) {
        await this.marks.alive(instance.destination);
        await control.startServer(server, instance.fs, instance.destination, socket);
        servers.push(socket);
      }
      if (running.failures > 0) this.log(`${instance.destination}: served again`);
      running.failures = 0;
      running.state = { kind: "serving", servers: servers.map(serverOf) };
      return READY;
    } catch (error) {
      return this.#failed(running, error as Error);
    } finally {
      control?.close();
    }
  }

  /** The servers of a process that may have just been started. */
  async #appear(control: RcloneControl): Promise<string[]> {
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
  async #cleanUp(instance: Instance): Promise<void> {
    if (instance.localFolder === undefined) return;
    const lastAlive = await this.marks.lastAlive(instance.destination);
    if (lastAlive === undefined) return;
    const torn = await removeTorn(instance.localFolder, lastAlive - UPLOAD_STALL_MS);
    await this.marks.swept(instance.destination);
    for (const path of torn) {
      this.log(`${instance.destination}: removed ${path}: its upload was cut off half-way`);
    }
  }

  #failed(running: Running, error: Error): Readiness {
    const { instance, state } = running;
    const said = error instanceof RcloneError || error instanceof RcloneSilent
      ? error.message
      : `${error.name}: ${error.message}`;
    const because = withoutSecrets(said, instance.rcloneConf);
    running.failures++;
    const pause = Math.min(PAUSE_FIRST_MS * 2 ** (running.failures - 1), PAUSE_LONGEST_MS);
    const since = state.kind === "failing" ? state.since : Date.now();
    running.state = { kind: "failing", since, because, retryAt: Date.now() + pause };
    this.log(
      `${instance.destination}: cannot be served: ${because}; tried again in ${
        pause / 1000
      } s at the earliest`,
    );
    return notReady(because);
  }
}

function notReady(because: string): Readiness {
  return { kind: "not-ready", because };
}

function serverOf(socket: string): RcloneServer {
  return socket.slice(socket.lastIndexOf("/") + 1, -".sock".length) as RcloneServer;
}

async function writeNew(path: string, content: string): Promise<void> {
  try {
    await Deno.writeTextFile(path, content, { createNew: true, mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}
