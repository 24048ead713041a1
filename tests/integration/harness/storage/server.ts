import { environmentFile } from "../gateway.ts";
import { eventually } from "../eventually.ts";
import { type Container, IMAGES, makeFolder, OWN_NETWORK, startContainer } from "../podman.ts";
import type { Address, Place } from "./place.ts";

/** The one file that lies in what may only be read, and what is in it. */
export const KEPT = { name: "kept", content: "kept\n" } as const;

/** A real storage server in a container, empty, with a place to write to and one that can only be read. */
export type Storage = AsyncDisposable & Place & Address & {
  readonly readOnly: Place;
  /** the place to write to, by another way in: a proxy in front of the server */
  at(address: Address): Place;
  /**
   * what the server stores, on this host: `files` and `readonly` as plain files below it, except S3's.
   * The server runs as root, or as a user of its own: whoever writes here minds the owner.
   */
  readonly folder: string;
  readonly container: Container;
  /** ends the server as a power cut would; what is stored stays. Returns when it is gone */
  kill(): Promise<void>;
  /** the same server again, at the same address. Returns when it accepts connections */
  start(): Promise<void>;
};

/** What tests choose; a second server of a kind needs a port of its own. */
export type ServerOptions = { readonly port?: number; readonly password?: string };

/** A namespace other than the test's own, as Podman names it, and the server's address in it. */
export type Elsewhere = { readonly host: string; readonly network: string };

/** Not letters and digits only: each server, its start script and rclone's configuration have to take it as it is. */
export const LOGIN = { user: "nightly", password: "Stor4ge;#$-%Secret" } as const;

/**
 * Starts `script` of the storages' image. `places` says what is where, at whatever address the server is reached; all of
 * `settings` goes by file.
 */
export async function startServer(script: string, port: number, server: {
  settings: Readonly<Record<string, string>>;
  places: (address: Address) => { writable: Place; readOnly: Place };
  elsewhere?: Elsewhere | undefined;
}): Promise<Storage> {
  const { host, network } = server.elsewhere ?? { host: "127.0.0.1", network: OWN_NETWORK };
  const address = { host, port };
  const folder = makeFolder();
  Deno.mkdirSync(`${folder.path}/readonly`);
  Deno.writeTextFileSync(`${folder.path}/readonly/${KEPT.name}`, KEPT.content);
  // Not the umask's.
  Deno.chmodSync(`${folder.path}/readonly`, 0o755);
  Deno.chmodSync(`${folder.path}/readonly/${KEPT.name}`, 0o644);
  using file = environmentFile({ PORT: String(port), LISTEN: host, ...server.settings });
  const container = await startContainer(
    script,
    IMAGES.storages,
    [`--env-file=${file.path}`, `--volume=${folder.path}:/data`],
    [script],
    network,
  );
  const dispose = async (): Promise<void> => {
    await container[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  };
  try {
    await listening(script, address);
  } catch (error) {
    console.error(await container.logs());
    await dispose();
    throw error;
  }
  const { writable, readOnly } = server.places(address);
  return {
    ...address,
    ...writable,
    readOnly,
    at: (other) => server.places(other).writable,
    folder: folder.path,
    container,
    kill: () => container.kill(),
    async start() {
      await container.start();
      await listening(script, address);
    },
    [Symbol.asyncDispose]: dispose,
  };
}

async function listening(what: string, { host, port }: Address): Promise<void> {
  await eventually(`${what} accepts connections`, async () => {
    (await Deno.connect({ hostname: host, port })).close();
    return true;
  });
}
