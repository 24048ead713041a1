import { askSocket } from "../../../gateway/ask_socket.ts";
import type { Container } from "./podman.ts";

/** What HAProxy counts of itself, read where the gateway reads it, of all proxies and servers. */
export type HaproxyFigures = {
  /** the sum of a metric over all samples whose labels match; throws where there is none */
  sum(metric: string, labels: RegExp): number;
};

export async function haproxyFigures(gateway: Container): Promise<HaproxyFigures> {
  const [first] = await gateway.processes();
  const socket = `/proc/${first?.pid}/root/run/gateway/haproxy/metrics.sock`;
  const lines = (await askSocket(socket, "/metrics")).split("\n");
  return {
    sum(metric, labels) {
      const samples = lines.filter((line) => line.startsWith(`${metric}{`) && labels.test(line));
      if (samples.length === 0) throw new Error(`HAProxy has no ${metric} with ${labels}`);
      return samples.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
    },
  };
}

/** The sockets that a process has open, by their inodes: a connection's is its own as long as it lasts. */
export function openSockets(pid: number): Set<string> {
  const found = new Set<string>();
  for (const { name } of Deno.readDirSync(`/proc/${pid}/fd`)) {
    try {
      const target = Deno.readLinkSync(`/proc/${pid}/fd/${name}`);
      if (target.startsWith("socket:")) found.add(target);
    } catch (error) {
      // Closed meanwhile.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return found;
}
