/** The part of a url behind `<scheme>:`, as a folder: everything that is wrong with it, or undefined. */
export function folderProblem(scheme: string, url: string, first: string): string | undefined {
  if (!url.startsWith(`${scheme}:`)) return `url does not begin with ${scheme}:`;
  const segments = url.slice(scheme.length + 1).replace(/\/+$/, "").split("/");
  if (segments[0] === "") return `url names no ${first}`;
  if (segments.some((segment) => ["", ".", ".."].includes(segment))) {
    return "url has an empty or dotted folder";
  }
  return undefined;
}

/** `bucket/folder` of `scheme:bucket/folder/`. */
export function folderOf(url: string): string {
  return url.slice(url.indexOf(":") + 1).replace(/\/+$/, "");
}

/** A url's host, `[::1]` with its brackets, or undefined where there is anything but host and port. */
export function endpointHost(endpoint: string): string | undefined {
  const url = `https://${endpoint.replace(/^https?:\/\//, "")}`;
  if (!/^(https?:\/\/)?[A-Za-z0-9.:[\]_-]+$/.test(endpoint) || !URL.canParse(url)) return undefined;
  return new URL(url).hostname;
}
