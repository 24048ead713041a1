import ipaddr from "ipaddr.js";

/** Whether an address lies in one of the networks (each such as `10.5.4.0/24`, or an address alone). What is no address lies in none. */
export function inNetworks(address: string, networks: readonly string[]): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  return networks.some((network) => {
    const [of, bits] = ipaddr.parseCIDR(
      isSingle(network) ? `${network}/${network.includes(":") ? 128 : 32}` : network,
    );
    return of.kind() === parsed.kind() && parsed.match(of, bits);
  });
}

function isSingle(network: string): boolean {
  return !network.includes("/");
}
