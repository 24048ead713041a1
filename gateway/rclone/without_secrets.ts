/** Shorter values are words such as `true` and `Other`, which stand in every second message. */
const SHORTEST_SECRET = 6;

/**
 * What rclone said, for logs, status and clients: every value of its configuration is taken out, and so are user
 * information and query of every URL, where Go's errors quote them and some storages have their secrets.
 */
export function withoutSecrets(said: string, rcloneConf: string): string {
  const values = rcloneConf.split("\n").map((line) => line.slice(line.indexOf("=") + 1).trim())
    .filter((value) => value.length >= SHORTEST_SECRET && !/^\[.*\]$/.test(value));
  return withoutValues(said, values);
}

/** The same, where it is known which values are secret: these are taken out however short they are. */
export function withoutValues(said: string, secrets: readonly string[]): string {
  const forms = secrets.flatMap((value) => [
    value,
    encodeURIComponent(value),
    encodeURIComponent(value).replaceAll("%20", "+"),
    JSON.stringify(value).slice(1, -1),
  ]);
  let text = said;
  for (const form of [...new Set(forms)].filter((form) => form !== "").sort((a, b) => b.length - a.length)) {
    text = text.replaceAll(form, "***");
  }
  return text.replace(/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@"']*@/gi, "$1***@").replace(/\?[^\s"']*/g, "?***");
}
