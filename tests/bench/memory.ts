import type { Container } from "../integration/harness/podman.ts";
import { processesOf } from "./processor_time.ts";

/** Memory of processes together, in MiB. */
export type Memory = {
  /** proportional set size, as the kernel counts it: a page that others on this machine map, too, counts in part */
  readonly pss: number;
  /**
   * as if nothing else ran here: other containers of the same image map the same program files, and the kernel's figure
   * gets smaller by each of them. Pages of files count once, with the most that one process has of them; others as in `pss`.
   */
  readonly alone: number;
};

type Mapping = { readonly file: string | undefined; readonly rss: number; readonly pss: number };

/** The mappings in a text of /proc/<pid>/smaps, sizes in KiB. What was written to is the process's own, a file's or not. */
export function mappings(smaps: string): Mapping[] {
  const found: Mapping[] = [];
  let file: string | undefined;
  let figures: Record<string, number> = {};
  const keep = (): void => {
    if (figures["Rss"] === undefined) return;
    const own = figures["Anonymous"] ?? 0;
    const shared = figures["Rss"] - own;
    if (file === undefined) found.push({ file, rss: figures["Rss"], pss: figures["Pss"] ?? 0 });
    else {
      if (own > 0) found.push({ file: undefined, rss: own, pss: own });
      found.push({ file, rss: shared, pss: Math.max(0, (figures["Pss"] ?? 0) - own) });
    }
  };
  for (const line of smaps.split("\n")) {
    const head = /^[0-9a-f]+-[0-9a-f]+ \S+ ([0-9a-f]+) \S+ ([0-9]+)\s*/.exec(line);
    if (head !== null) {
      keep();
      figures = {};
      // The inode with the offset: the parts of one program are mapped one by one.
      file = head[2] === "0" ? undefined : `${head[2]}@${head[1]}`;
      continue;
    }
    const figure = /^(\w+): +([0-9]+) kB$/.exec(line);
    if (figure !== null) figures[figure[1] ?? ""] = Number(figure[2]);
  }
  keep();
  return found;
}

/** Memory of processes, from the text of each one's /proc/<pid>/smaps. */
export function memoryOf(smaps: readonly string[]): Memory {
  let pss = 0;
  let own = 0;
  const files = new Map<string, number>();
  for (const text of smaps) {
    for (const mapping of mappings(text)) {
      pss += mapping.pss;
      if (mapping.file === undefined) own += mapping.pss;
      else files.set(mapping.file, Math.max(files.get(mapping.file) ?? 0, mapping.rss));
    }
  }
  const shared = [...files.values()].reduce((sum, rss) => sum + rss, 0);
  return { pss: pss / 1024, alone: (own + shared) / 1024 };
}

/** The memory of a container's processes now. */
export async function memory(container: Container): Promise<Memory> {
  const texts: string[] = [];
  for (const { pid } of await container.processes()) {
    try {
      texts.push(await Deno.readTextFile(`/proc/${pid}/smaps`));
    } catch { /* it has ended meanwhile */ }
  }
  return memoryOf(texts);
}

/** The proportional set size of each part, in MiB. */
export async function memoryByPart(container: Container): Promise<Record<string, number>> {
  const parts: Record<string, number> = {};
  for (const { pid, part } of await processesOf(container)) {
    const rollup = await Deno.readTextFile(`/proc/${pid}/smaps_rollup`).catch(() => "");
    const pss = /^Pss: +([0-9]+) kB$/m.exec(rollup)?.[1] ?? "0";
    parts[part] = (parts[part] ?? 0) + Number(pss) / 1024;
  }
  return parts;
}

/** What is left once garbage had the time to be collected: the least of a few looks. */
export async function settledMemory(container: Container, looks = 4): Promise<Memory> {
  let least: Memory | undefined;
  for (let look = 0; look < looks; look++) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const now = await memory(container);
    if (least === undefined || now.alone < least.alone) least = now;
  }
  return least ?? await memory(container);
}
