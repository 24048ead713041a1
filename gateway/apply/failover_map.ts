import { askHaproxy } from "./haproxy.ts";

/**
 * Makes HAProxy's map hold exactly these entries, over its runtime socket and without a reload; a reload forgets them. `file` is
 * the name under which HAProxy has loaded the map. Source: HAProxy's management guide, `show map`, `add map`, `set map`, `del map`.
 */
export async function setMap(
  adminSocket: string,
  file: string,
  wanted: ReadonlyMap<string, string>,
): Promise<void> {
  const shown = await askHaproxy(adminSocket, `show map ${file}`);
  // Each line: an address in memory, the key, the value.
  const present = new Map(
    [...shown.matchAll(/^0x[0-9a-f]+ (\S+) (\S+)$/gm)].map(([, key = "", value = ""]) => [key, value]),
  );
  const commands = [
    ...[...present.keys()].filter((key) => !wanted.has(key)).map((key) => `del map ${file} ${key}`),
    ...[...wanted].filter(([key, value]) => present.get(key) !== value).map(([key, value]) =>
      present.has(key) ? `set map ${file} ${key} ${value}` : `add map ${file} ${key} ${value}`
    ),
  ];
  for (const command of commands) {
    const answer = (await askHaproxy(adminSocket, command)).trim();
    if (answer !== "") throw new Error(`HAProxy refuses to ${command}: ${answer}`);
  }
}
