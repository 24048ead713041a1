import { because } from "../restic/because.ts";
import { restic, type ResticCall } from "../restic/restic.ts";

/**
 * Whether the index names a piece of data more than once: in two packs, of which prune keeps one, without having read either. Backups
 * that run at the same time leave such pairs; and so does an application that wants prune to keep a worthless one and to remove the
 * other. Or why that cannot be told. Eight bytes of memory for each piece of data.
 */
export async function namedTwice(
  call: Pick<ResticCall, "access" | "cache" | "signal">,
): Promise<boolean | { readonly because: string }> {
  let ids = new BigUint64Array(1 << 16);
  let count = 0;
  const ended = await restic({
    ...call,
    args: ["list", "blobs", "--no-lock"],
    onLine: (line) => {
      const id = /^[a-z]+ ([0-9a-f]{16})[0-9a-f]{48}$/.exec(line)?.[1];
      if (id === undefined) return;
      if (count === ids.length) {
        const larger = new BigUint64Array(ids.length * 2);
        larger.set(ids);
        ids = larger;
      }
      ids[count++] = BigInt(`0x${id}`);
    },
  });
  if (ended.code !== 0) return { because: because("list what the index names", ended) };
  return ids.subarray(0, count).sort().some((id, at, all) => at > 0 && id === all[at - 1]);
}
