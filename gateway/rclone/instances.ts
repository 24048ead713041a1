import type { RcloneServer } from "../domain/decision.ts";
import type { Instance } from "../render/bundle.ts";
import { failing, type InstanceState } from "./instance_state.ts";
import { renewToken } from "./renew_token.ts";
import { type StartingParts, startServer } from "./starting.ts";

/** Whether a request can be passed on now. */
export type Readiness = { readonly kind: "ready" } | { readonly kind: "not-ready"; readonly because: string };

const READY: Readiness = { kind: "ready" };
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

  constructor(private readonly folder: string, private readonly parts: StartingParts) {}

  /** Looks for what a predecessor has left running, in the folder where the supervisor keeps instances. */
  async find(folder: string): Promise<ReadonlySet<string>> {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      if (isDirectory && !name.startsWith(".")) this.#strays.add(name);
    }
    return new Set(this.#strays);
  }

  /** Takes over what should run. Instances that are no longer named stay until {@link retire}. */
  async adopt(instances: readonly Instance[]): Promise<void> {
    for (const instance of instances) {
      this.#strays.delete(instance.name);
      const running = this.#running.get(instance.name);
      if (running === undefined) {
        this.#running.set(instance.name, { instance, state: { kind: "idle" }, failures: 0, busy: undefined });
      } else if (running.instance.rcloneConf !== instance.rcloneConf) {
        await this.#renew(running, instance);
      }
    }
  }

  /** Gives an instance another token: all that can change without its name. */
  async #renew(running: Running, instance: Instance): Promise<void> {
    running.instance = instance;
    const renewed = await renewToken(`${this.folder}/${instance.name}/rclone.conf`, instance.rcloneConf);
    if (renewed !== "restart") return;
    this.parts.log(`${instance.destination}: its token was replaced: rclone starts again`);
    await running.busy;
    await this.parts.supervised.stop(instance.name);
    running.state = { kind: "idle" };
  }

  /** Stops every instance that is not among those to keep. */
  async retire(keep: ReadonlySet<string>): Promise<void> {
    for (const name of this.#strays) {
      if (keep.has(name)) continue;
      this.#strays.delete(name);
      await this.parts.supervised.stop(name);
      await Deno.remove(`${this.folder}/${name}`, { recursive: true }).catch(() => {/* it never started */});
      this.parts.log(`${name}: rclone of an earlier configuration has ended`);
    }
    for (const [name, { instance, busy }] of this.#running) {
      if (keep.has(name)) continue;
      this.#running.delete(name);
      await this.parts.supervised.stop(name);
      if (busy !== undefined) {
        // One that was just being started: a storage that hangs has let go of it now, and another would have gone on.
        await busy;
        await this.parts.supervised.stop(name);
      }
      await Deno.remove(`${this.folder}/${name}`, { recursive: true }).catch(() => {/* it never started */});
      const another = [...this.#running.values()].some((other) =>
        other.instance.destination === instance.destination
      );
      if (!another) await this.parts.marks.clean(instance.destination);
      this.parts.log(`${instance.destination}: rclone of an earlier configuration has ended`);
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
      if (servers.length > 0) await this.parts.marks.alive(instance.destination);
      // A start that began meanwhile knows better.
      if (running.busy === undefined && running.state === state) {
        running.state = servers.length > 0 ? { kind: "serving", servers } : { kind: "idle" };
      }
    }));
  }

  /**
   * Looks whether the disks of the instances that serve are still there. One whose disk has gone ends: what is behind it
   * now is another disk, or none. It starts again once the disk is back and somebody asks for it.
   */
  async checkDisks(): Promise<void> {
    await Promise.all([...this.#running.values()].map(async (running) => {
      const { instance, state, busy } = running;
      if (instance.localFolder === undefined || busy !== undefined || state.kind !== "serving") return;
      try {
        await this.parts.disks.check(instance.destination, instance.localFolder);
      } catch (error) {
        if (running.busy !== undefined || running.state !== state) return;
        this.#failed(running, error as Error);
        await this.parts.supervised.stop(instance.name);
      }
    }));
  }

  async #serversOf(instance: Instance): Promise<RcloneServer[]> {
    const control = this.parts.control(`${this.folder}/${instance.name}/control.sock`);
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
    if (running.state.kind === "idle") running.state = { kind: "starting" };
    try {
      const folder = `${this.folder}/${instance.name}`;
      const servers = await startServer(this.parts, instance, folder, server);
      if (running.failures > 0) this.parts.log(`${instance.destination}: served again`);
      running.failures = 0;
      running.state = { kind: "serving", servers: servers.map(serverOf) };
      return READY;
    } catch (error) {
      return this.#failed(running, error as Error);
    }
  }

  #failed(running: Running, error: Error): Readiness {
    const { instance } = running;
    const now = Date.now();
    const state = failing(running.state, ++running.failures, error, instance.rcloneConf, now);
    running.state = state;
    const pause = (state.retryAt - now) / 1000;
    this.parts.log(
      `${instance.destination}: cannot be served: ${state.because}; tried again in ${pause} s at the earliest`,
    );
    return notReady(state.because);
  }
}

function notReady(because: string): Readiness {
  return { kind: "not-ready", because };
}

function serverOf(socket: string): RcloneServer {
  return socket.slice(socket.lastIndexOf("/") + 1, -".sock".length) as RcloneServer;
}
