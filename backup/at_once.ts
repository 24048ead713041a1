/** Runs something for each item, for `most` of them at once. The results are in the items' order. */
export async function atOnce<T, R>(
  items: readonly T[],
  most: number,
  run: (item: T) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  const waiting = items.entries();
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, async () => {
    for (const [index, item] of waiting) results[index] = await run(item);
  }));
  return results;
}
