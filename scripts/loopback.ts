/**
 * Keeps what is asked on this host's loopback from a proxy that HTTP_PROXY names: Deno would send it there, the node's secret with it,
 * where Go and curl would not. To be called before the first request; programs that are started inherit it.
 */
export function askLoopbackDirectly(): void {
  for (const name of ["NO_PROXY", "no_proxy"]) {
    const others = Deno.env.get(name) ?? "";
    Deno.env.set(name, others === "" ? "127.0.0.1" : `${others},127.0.0.1`);
  }
}
