/** A stranger's text in one line that may stand on a terminal: what controls one is taken out, and at most `most` characters are left. */
export function oneLine(text: string, most = 500): string {
  return text.slice(0, most * 4).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").trim().slice(0, most);
}
