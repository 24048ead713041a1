/** What `cluster/acls` says of one user: the SHA-256 digests of its secrets, and whether it may log in at all. */
export type Account = { readonly enabled: boolean; readonly digests: readonly Uint8Array[] };

/**
 * One line as Redis's `ACL LIST` prints it: `user <name> on|off [nopass] [#<sha256 hex>]… <rules>`.
 * `nopass` takes all digests away, as in Redis, and so never authenticates here. Undefined where it is not such a line.
 */
export function parseAclLine(line: string): { name: string; account: Account } | undefined {
  const [word, name, ...rules] = line.trim().split(/\s+/);
  if (word !== "user" || name === undefined) return undefined;
  let enabled = false;
  const digests: Uint8Array[] = [];
  for (const rule of rules) {
    if (rule === "on") enabled = true;
    else if (rule === "off") enabled = false;
    else if (/^#[0-9a-fA-F]{64}$/.test(rule)) digests.push(Uint8Array.fromHex(rule.slice(1)));
  }
  return { name, account: { enabled, digests: rules.includes("nopass") ? [] : digests } };
}
