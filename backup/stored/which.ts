import { formatRepositoryPath, type RepositoryPath } from "../../gateway/domain/repository.ts";
import type { Uuid } from "../../gateway/domain/uuid.ts";
import { atOnce } from "../at_once.ts";
import type { WebDav } from "../webdav/webdav.ts";

/** On which destinations a repository is, and where that could not be told. */
export type Whereabouts = {
  readonly on: readonly Uuid[];
  readonly failed: readonly { readonly destination: Uuid; readonly because: string }[];
};

const AT_ONCE = 16;

/** Asks all of the destinations at once. */
export async function whereIs(
  dav: WebDav,
  path: RepositoryPath,
  destinations: readonly Uuid[],
): Promise<Whereabouts> {
  const on: Uuid[] = [];
  const failed: { destination: Uuid; because: string }[] = [];
  const config = `${formatRepositoryPath(path)}/config`;
  await atOnce(destinations, AT_ONCE, async (destination) => {
    const answer = await dav.has(`/${destination}/${config}`);
    if (answer.kind === "found") on.push(destination);
    if (answer.kind === "failed") failed.push({ destination, because: answer.because });
  });
  return { on: on.sort(), failed };
}
