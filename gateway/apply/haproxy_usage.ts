import type { Usage } from "../metrics.ts";
import { askHaproxy } from "./haproxy.ts";

/**
 * The table in which HAProxy counts, by `<destination>/<identity>`. Source: HAProxy's management guide, `show table`:
 * `0x…: key=<key> use=0 exp=… http_req_cnt=1 bytes_in_cnt=2 bytes_out_cnt=3`.
 */
export async function haproxyUsage(adminSocket: string): Promise<Usage[]> {
  const usage: Usage[] = [];
  for (const line of (await askHaproxy(adminSocket, "show table usage")).split("\n")) {
    const key = /\bkey=([0-9a-f-]{36})\/([a-z]+\/[a-z0-9_-]+) /.exec(line);
    if (key === null) continue;
    const count = (name: string): number => Number(new RegExp(`\\b${name}=([0-9]+)`).exec(line)?.[1] ?? 0);
    usage.push({
      destination: key[1] ?? "",
      identity: key[2] ?? "",
      requests: count("http_req_cnt"),
      bytesIn: count("bytes_in_cnt"),
      bytesOut: count("bytes_out_cnt"),
    });
  }
  return usage;
}
