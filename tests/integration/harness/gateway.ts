import { type Container, IMAGES, makeFolder, OWN_NETWORK, startContainer } from "./podman.ts";
import { eventually } from "./eventually.ts";
import { REDIS_ADDRESS, REDIS_USERS } from "./redis.ts";

export const GATEWAY = "http://127.0.0.1:4694";
export const HEALTH = "http://127.0.0.1:4695";

/** The settings every test starts from: NethServer 8's names. */
export const SETTINGS: Readonly<Record<string, string>> = {
  NODE_ID: "1",
  REDIS_ADDRESS,
  REDIS_REPLICA_ADDRESS: REDIS_ADDRESS,
  REDIS_USER: REDIS_USERS.controller.user,
  REDIS_PASSWORD: REDIS_USERS.controller.password,
  AUTHZ_REDIS_USER: REDIS_USERS.authz.user,
  AUTHZ_REDIS_PASSWORD: REDIS_USERS.authz.password,
};

/** As strict as the unit that scripts/install writes. */
export const HARDENED = ["--read-only", "--cap-drop=all", "--security-opt=no-new-privileges"] as const;

/** An environment file, as `podman run --env-file` reads it. */
export function environmentFile(
  settings: Readonly<Record<string, string>>,
): Disposable & { readonly path: string } {
  const folder = makeFolder();
  const path = `${folder.path}/gateway.env`;
  Deno.writeTextFileSync(
    path,
    Object.entries(settings).map(([name, value]) => `${name}=${value}\n`).join(""),
    {
      mode: 0o600,
    },
  );
  return { path, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

/**
 * The gateway's image, running. Returns once its process answers; `ready` also waits for what Redis holds. Where it is not
 * in the test's own network, `ask` has to be able to reach its health address.
 */
export async function startGateway(options: {
  settings?: Readonly<Record<string, string>>;
  args?: readonly string[];
  ready?: boolean;
  network?: string;
  ask?: (url: string) => Promise<number>;
} = {}): Promise<Container> {
  using file = environmentFile({ ...SETTINGS, ...options.settings });
  const status = options.ask ?? ask;
  const container = await startContainer(
    "gateway",
    IMAGES.gateway,
    [
      ...HARDENED,
      "--env-file",
      file.path,
      ...options.args ?? [],
    ],
    [],
    options.network ?? OWN_NETWORK,
  );
  const health = `http://${options.settings?.["HEALTH_ADDRESS"] ?? "127.0.0.1:4695"}`;
  try {
    await eventually("the gateway answers", async () => (await status(`${health}/healthz`)) === 200);
    if (options.ready ?? true) {
      await eventually("the gateway is ready", async () => (await status(`${health}/readyz`)) === 200);
    }
  } catch (error) {
    console.error(await container.logs());
    await container[Symbol.asyncDispose]();
    throw error;
  }
  return container;
}

async function ask(url: string): Promise<number> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
  await response.body?.cancel();
  return response.status;
}

/** The process of a gateway with such a command line; of several the newest: HAProxy's worker, not its master. */
export async function processOf(gateway: Container, command: RegExp): Promise<number> {
  return await eventually(
    `a process ${command}`,
    async () => (await gateway.processes()).findLast((process) => command.test(process.command))?.pid,
  );
}

/** HAProxy's master and its newest worker: the worker is the master's child. */
export async function haproxyProcess(gateway: Container, which: "master" | "worker"): Promise<number> {
  return await eventually(`HAProxy's ${which}`, async () => {
    const processes = (await gateway.processes()).filter(({ command }) => /^haproxy /.test(command));
    const parents = await Promise.all(processes.map(({ pid }) => parentOf(pid)));
    const isWorker = (index: number): boolean => processes.some(({ pid }) => pid === parents[index]);
    return processes.findLast((_, index) => isWorker(index) === (which === "worker"))?.pid;
  });
}

async function parentOf(pid: number): Promise<number> {
  return Number(/^PPid:\t([0-9]+)$/m.exec(await Deno.readTextFile(`/proc/${pid}/status`))?.[1]);
}
