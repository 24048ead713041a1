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
