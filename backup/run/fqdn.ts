/**
 * A host's full name, as `hostname -f` finds it: its own name where that has a dot, or the first one of its line in /etc/hosts
 * (hosts(5): the canonical name comes first), or its name alone.
 */
export function fqdn(hostname: string, hosts: string): string {
  if (hostname.includes(".")) return hostname;
  for (const line of hosts.split("\n")) {
    const [, ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    const [first] = names;
    if (first?.includes(".") && names.includes(hostname)) return first;
  }
  return hostname;
}
