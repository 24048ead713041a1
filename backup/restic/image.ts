import { asOwner } from "../as_owner.ts";
import { type Owner, startedBy } from "../owner.ts";
import { resticImage } from "./restic.ts";

/** A copy takes a second or two for each 100 MB. */
const COPY_MS = 600_000;

/**
 * Makes sure that the owner's Podman has restic's image, and root's one: each user's Podman has images of its own. Throws where
 * there is none to copy.
 */
export async function provideImage(owner: Owner | undefined): Promise<void> {
  const image = resticImage();
  const ours = await imageId(undefined, image);
  const theirs = owner === undefined || owner.uid === Deno.uid() ? ours : await imageId(owner, image);
  if (ours === undefined && theirs === undefined) {
    throw new Error(
      `Cannot run restic: the image ${image} is not on this host. Build it (scripts/images restic), load it (podman load), ` +
        `or name another in RESTIC_IMAGE`,
    );
  }
  if (owner === undefined || ours === undefined || ours === theirs) return;
  await copyImage(image, owner);
  // Nobody else would ever remove the one before.
  if (theirs !== undefined) await asOwner(owner, ["podman", "image", "rm", theirs]);
}

async function imageId(owner: Owner | undefined, image: string): Promise<string | undefined> {
  const { code, stdout } = await asOwner(owner, ["podman", "image", "inspect", "--format={{.Id}}", image]);
  return code === 0 ? stdout.trim() : undefined;
}

async function copyImage(image: string, owner: Owner): Promise<void> {
  const signal = AbortSignal.timeout(COPY_MS);
  const load = startedBy(owner, ["podman", "image", "load", "--quiet"]);
  const from = new Deno.Command("podman", {
    args: ["image", "save", "--quiet", "--format=docker-archive", image],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
    signal,
  }).spawn();
  const to = new Deno.Command(load.program, {
    args: [...load.args],
    env: { ...load.environment },
    clearEnv: load.clearEnvironment,
    cwd: "/",
    stdin: "piped",
    stdout: "null",
    // That user's words, and for as long as that user likes.
    stderr: "null",
    signal,
  }).spawn();
  const [, saved, loaded] = await Promise.all([
    from.stdout.pipeTo(to.stdin).catch(() => {/* one of them has failed, and its exit code says so */}),
    from.status,
    to.status,
  ]);
  if (!saved.success || !loaded.success) {
    throw new Error(
      `Cannot copy the image ${image} to the Podman of ${owner.name}: try "podman image load" as that user`,
    );
  }
}
