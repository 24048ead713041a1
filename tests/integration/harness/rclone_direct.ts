import { DESTINATION } from "./cluster.ts";
import { eventually } from "./eventually.ts";
import { HARDENED } from "./gateway.ts";
import { type Container, IMAGES, makeFolder, startContainer } from "./podman.ts";
import type { Place } from "./storage/place.ts";
import { at, configuration } from "./storage/rclone.ts";

const PORT = 4703;

/** `rclone serve restic` on a place with nothing in front of it; `root` is what stands before `<app type>/<module uuid>`. */
export type RcloneDirect = AsyncDisposable & { readonly root: string; readonly container: Container };

/** The image's rclone, with the options the gateway starts its append-only server with (gateway/rclone/control.ts). */
export async function startRcloneDirect(place: Place): Promise<RcloneDirect> {
  const folder = makeFolder();
  Deno.writeTextFileSync(`${folder.path}/rclone.conf`, await configuration(place));
  const container = await startContainer("rclone-direct", IMAGES.gateway, [
    ...HARDENED,
    "--entrypoint=rclone",
    `--volume=${folder.path}:/config:ro`,
  ], [
    "--config=/config/rclone.conf",
    "serve",
    "restic",
    "--append-only",
    "--cache-objects=false",
    `--addr=127.0.0.1:${PORT}`,
    `--baseurl=/${DESTINATION}`,
    at(place),
  ]);
  const dispose = async (): Promise<void> => {
    await container[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  };
  try {
    await eventually("rclone accepts connections", async () => {
      (await Deno.connect({ hostname: "127.0.0.1", port: PORT })).close();
      return true;
    });
  } catch (error) {
    console.error(await container.logs());
    await dispose();
    throw error;
  }
  return { root: `http://127.0.0.1:${PORT}/${DESTINATION}`, container, [Symbol.asyncDispose]: dispose };
}
