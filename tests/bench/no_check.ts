/**
 * The gateway's base.cfg with the question left out: everyone is let through, to the server that a module's requests go
 * to. Throws where base.cfg is not what this was written for: half of a change would measure something else.
 *
 * `splice`: whether HAProxy may hand on bodies inside the kernel, as the gateway's does.
 */
export function withoutTheQuestion(
  base: string,
  { splice, folder }: { splice: boolean; folder: string },
): string {
  const changes: [from: string, to: string][] = [
    // Nothing is remembered where nothing is asked.
    [/ {4}http-request set-var\(txn\.age\)[^]*?(?= {4}http-request lua\.authz)/.exec(base)?.[0] ?? "", ""],
    [/ {4}# Given to one Accept[^]*?\n(?= {4}# A backup has)/.exec(base)?.[0] ?? "", ""],
    [
      "    http-request lua.authz unless { var(txn.verdict) -m str yes }\n",
      [
        "set-var(txn.verdict) str(yes)",
        "set-var(txn.destination) path,field(2,/)",
        "set-var(txn.server) str(rest-append)",
        "set-var(txn.lookup) str(no)",
        "set-var(txn.module) path,field(4,/)",
        // One for each repository: a module has its own, and a limit of connections is counted by it.
        "set-var(txn.identity) str(module/),concat(,txn.module)",
        "set-var(txn.reason) str(unasked)",
      ].map((action) => `    http-request ${action}\n`).join(""),
    ],
    ["    lua-load-per-thread /opt/rclone-gateway/gateway/haproxy/authz.lua\n", ""],
    // Its own, since the gateway's HAProxy runs beside it on the same folder.
    ["stats socket /run/gateway/haproxy/admin.sock", `stats socket ${folder}/admin.sock`],
    ["bind unix@/run/gateway/haproxy/vouching.sock", `bind unix@${folder}/vouching.sock`],
    ["bind unix@/run/gateway/haproxy/metrics.sock", `bind unix@${folder}/metrics.sock`],
  ];
  if (!splice) changes.push(["    option splice-request\n    option splice-response\n", ""]);
  return changes.reduce((text, [from, to]) => {
    if (text.split(from).length !== 2) {
      throw new Error(
        `Cannot leave the question out of base.cfg: it has not exactly one ${JSON.stringify(from)}`,
      );
    }
    return text.replace(from, () => to);
  }, base);
}
