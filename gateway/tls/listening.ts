import { inNetworks } from "../redis/in_networks.ts";
import type { Settings } from "../settings.ts";

const LOOPBACK = ["127.0.0.0/8", "::1"];

/**
 * The variables by which base.cfg knows of TLS; none without TLS_CERT. `LISTEN_CLEAR` and `LISTEN_TLS` are what HAProxy listens on
 * for clear text and for TLS, and absent where there is nothing of the kind: loopback is clear text, all else is TLS. Of two sockets
 * on one port the kernel gives a connection to the one with the more specific address.
 */
export function tlsEnvironment(
  { bindAddress, port, tlsCert, tlsCa }: Pick<Settings, "bindAddress" | "port" | "tlsCert" | "tlsCa">,
): Record<string, string> {
  if (tlsCert === undefined) return {};
  const [clear, tls] = addresses(bindAddress);
  const at = (hosts: readonly string[]): string => hosts.map((host) => `${host}:${port}`).join(",");
  return {
    TLS_CERT: tlsCert,
    ...tlsCa === undefined ? {} : { TLS_CA: tlsCa },
    ...clear.length === 0 ? {} : { LISTEN_CLEAR: at(clear) },
    ...tls.length === 0 ? {} : { LISTEN_TLS: at(tls) },
  };
}

function addresses(bind: string): [clear: readonly string[], tls: readonly string[]] {
  if (bind === "localhost" || inNetworks(bind, LOOPBACK)) return [[bind], []];
  if (bind === "*" || inNetworks(bind, ["0.0.0.0"])) return [["127.0.0.1"], [bind]];
  if (inNetworks(bind, ["::"])) return [["127.0.0.1", "[::1]"], [bind]];
  return [[], [bind]];
}
