import { askHaproxy } from "./haproxy.ts";

/**
 * Until when a certificate is valid that HAProxy has loaded from `file`; undefined where it does not say. Source: HAProxy's
 * management guide, `show ssl cert`: a line `notAfter: Dec  3 16:43:34 2026 GMT`.
 */
export async function certificateExpiry(adminSocket: string, file: string): Promise<Date | undefined> {
  const [, said] = /^notAfter: (.+ GMT)$/m.exec(await askHaproxy(adminSocket, `show ssl cert ${file}`)) ??
    [];
  const time = new Date(said ?? "");
  return Number.isNaN(time.getTime()) ? undefined : time;
}
