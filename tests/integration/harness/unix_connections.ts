/**
 * The connections that are open now to a listening unix socket, `path` as its process knows it: by the inodes of their
 * accepted ends, which no two connections share. From proc_net_unix: `Num: RefCount Protocol Flags Type St Inode Path`.
 */
export function unixConnections(path: string): Set<string> {
  const CONNECTED = "03";
  const lines = Deno.readTextFileSync("/proc/net/unix").split("\n").map((line) => line.trim().split(/\s+/));
  return new Set(
    lines.filter((fields) => fields[7] === path && fields[5] === CONNECTED).map((fields) => fields[6] ?? ""),
  );
}
