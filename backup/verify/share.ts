/** Which part of a repository's data is read: the n-th of t. Over t runs all of it is. */
export type Share = { readonly n: number; readonly of: number };

/** How many shares there are, from `1/12`; undefined for any other text. */
export function parseShares(text: string): number | undefined {
  const [, of = ""] = /^1\/([1-9][0-9]{0,2})$/.exec(text) ?? [];
  return of !== "" && Number(of) <= 256 ? Number(of) : undefined; // restic's limit
}

/** The share whose turn it is. `next` is what the facts of the repository hold; where the number of shares has changed it begins again. */
export function shareToRead(next: string | undefined, of: number): Share {
  const n = /^[1-9][0-9]{0,2}$/.test(next ?? "") ? Number(next) : 1;
  return { n: n <= of ? n : 1, of };
}

/** What comes after it. */
export function nextAfter({ n, of }: Share): string {
  return String(n % of + 1);
}
