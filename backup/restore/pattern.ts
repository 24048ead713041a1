/** A path as a pattern of restic's that matches it and nothing else (Go's filepath.Match). */
export function literalPattern(path: string): string {
  return path.replaceAll(/[\\*?[\]]/g, (character) => `\\${character}`);
}
