/** What can be told from a raw configuration without its secrets: where it is, for people. */
export function rawUrl(parameters: ReadonlyMap<string, string>, basepath: string): string {
  const host = hostOf(parameters.get("endpoint") || parameters.get("host") || parameters.get("url") || "");
  return `rclone:${parameters.get("type") ?? ""}:${host}:${basepath.replace(/^\/+|\/+$/g, "")}`;
}

/** The host alone, as NethServer 8 has it: a user, a path or a query may be secrets. */
function hostOf(address: string): string {
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(address) ? address : `https://${address}`;
  return address !== "" && URL.canParse(url) ? new URL(url).hostname : "";
}
