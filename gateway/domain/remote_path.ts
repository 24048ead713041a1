/**
 * The path on the remote, as NethServer 8 derives it: `basepath` for raw rclone remotes, otherwise what follows the
 * scheme in the url (and the endpoint, for S3; and the host, for WebDAV). Throws where the url cannot be read.
 *
 * `root` is the `url` parameter of a WebDAV remote: what of the path is in there already is not said twice.
 */
export function remotePath(provider: string, url: string, basepath: string, root = ""): string {
  if (provider === "rclone") return withoutSlashes(basepath);
  const colon = url.indexOf(":");
  const scheme = url.slice(0, colon);
  const rest = url.slice(colon + 1);
  if (scheme === "s3") return withoutSlashes(afterEndpoint(rest));
  if (scheme === "webdav") return withoutSlashes(below(pathOf(root), pathOf(rest)));
  return withoutSlashes(rest);
}

/** `minio.example:9000/bucket/folder` or `https://minio.example/bucket/folder` -> `bucket/folder` */
function afterEndpoint(place: string): string {
  const host = place.replace(/^https?:\/\//, "");
  return host.includes("/") ? host.slice(host.indexOf("/") + 1) : host;
}

function below(root: string, path: string): string {
  const top = withoutSlashes(root);
  return path === top || path.startsWith(`${top}/`) ? path.slice(top.length) : path;
}

function pathOf(url: string): string {
  return URL.canParse(url) ? decodeURIComponent(new URL(url).pathname) : "";
}

/** Those at the end: one at the beginning can mean something. */
function withoutSlashes(path: string): string {
  return path.replace(/\/+$/, "");
}
