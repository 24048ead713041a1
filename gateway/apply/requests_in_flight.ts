import { askHaproxy } from "./haproxy.ts";

/** Of one instance of rclone: requests under way, and how many have gone well since HAProxy's worker started. */
export type InFlight = { readonly now: number; readonly wentWell: number };

/** The requests to every instance's servers. Source: HAProxy's management guide, "Statistics": columns by their names. */
export async function requestsInFlight(adminSocket: string): Promise<Map<string, InFlight>> {
  // Servers only: type 4.
  const [head = "", ...lines] = (await askHaproxy(adminSocket, "show stat -1 4 -1")).trim().split("\n");
  const columns = head.replace(/^# /, "").split(",");
  const at = (name: string): number => columns.indexOf(name);
  const [backend, now, wentWell] = [at("pxname"), at("scur"), at("hrsp_2xx")];
  const found = new Map<string, InFlight>();
  for (const line of lines) {
    const values = line.split(",");
    // <instance>.<server>
    const instance = /^([0-9a-f-]{36}\.[0-9a-f]+)\.[a-z-]+$/.exec(values[backend] ?? "")?.[1];
    if (instance === undefined) continue;
    const before = found.get(instance) ?? { now: 0, wentWell: 0 };
    found.set(instance, {
      now: before.now + Number(values[now]),
      wentWell: before.wentWell + Number(values[wentWell]),
    });
  }
  return found;
}

/** Cuts what is under way to an instance's servers: who asked asks again. */
export async function cutRequests(
  adminSocket: string,
  instance: string,
  servers: readonly string[],
): Promise<void> {
  for (const server of servers) {
    await askHaproxy(adminSocket, `shutdown sessions server ${instance}.${server}/rclone`);
  }
}
