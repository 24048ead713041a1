/** Shorter values are words such as `true` and `Other`, which stand in every second message. */
const SHORTEST_SECRET = 6;

/**
 * What rclone said, for logs, status and clients: every value of its configuration is taken out, and so are user
 * information and query of every URL, where Go's errors quote them and some storages have their secrets.
 */
export function withoutSecrets(said: string, rcloneConf: string): string {
  const values = rcloneConf.split("\n").map((line) => line.slice(line.indexOf("=") + 1).trim())
    .filter((value) => value.length >= SHORTEST_SECRET && !/^\[.*\]$/.test(value))
    .sort((a, b) => b.length - a.length);
  let text = said;
  for (const value of values) {
    for (const form of [value, encodeURIComponent(value)]) text = text.replaceAll(form, "***");
  }
  return text.replace(/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@"']*@/gi, "$1***@").replace(/\?[^\s"']*/g, "?***");
}
