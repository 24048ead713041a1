/** A file in a snapshot: its path there, and its size in bytes. */
export type StoredFile = { readonly path: string; readonly size: number };

/**
 * Picks some files by chance from a list of any length, each with the same probability (Vitter's algorithm R): one that is too large,
 * or whose name could not be told on a command line or in a message, is not picked. `random` gives 0 up to, but not including, 1.
 */
export class Sample {
  #seen = 0;
  readonly #picked: StoredFile[] = [];

  constructor(
    private readonly count: number,
    private readonly mostBytes: number,
    private readonly random: () => number,
  ) {}

  get picked(): readonly StoredFile[] {
    return this.#picked;
  }

  offer(file: StoredFile): void {
    const segments = file.path.split("/");
    const plain = !/[\p{Cc}\uFFFD]/u.test(file.path) && !segments.includes("..") && !segments.includes(".");
    if (!plain || file.size > this.mostBytes) return;
    this.#seen++;
    if (this.#picked.length < this.count) this.#picked.push(file);
    else {
      const place = Math.floor(this.random() * this.#seen);
      if (place < this.count) this.#picked[place] = file;
    }
  }
}

/** A file from a line of `restic ls --json`; undefined for what is none. */
export function parseStoredFile(line: string): StoredFile | undefined {
  try {
    const { type, path, size = 0 } = JSON.parse(line);
    return type === "file" && typeof path === "string" && typeof size === "number"
      ? { path, size }
      : undefined;
  } catch {
    return undefined;
  }
}
