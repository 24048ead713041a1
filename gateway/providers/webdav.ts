import type { Provider, UrlMeaning } from "./provider.ts";

export const WEBDAV: Provider = {
  title: "WebDAV",
  type: "webdav",
  url: ["webdav:<url of the folder>", "webdav:https://cloud.example/remote.php/dav/files/me/mybackup"],
  fields: [
    {
      name: "webdav_vendor",
      title: "nextcloud, owncloud, infinitescale, sharepoint, fastmail, rclone or other",
      key: "vendor",
    },
    { name: "webdav_user", title: "user", key: "user" },
    { name: "webdav_pass", title: "password", key: "pass", secret: true, obscured: true },
    {
      name: "webdav_bearer_token",
      title: "token, instead of user and password",
      key: "bearer_token",
      secret: true,
    },
  ],
  meaning,
};

function meaning(url: string): UrlMeaning {
  if (!url.startsWith("webdav:")) return { problems: ["url does not begin with webdav:"] };
  const address = url.slice("webdav:".length);
  if (!/^https?:\/\/[^/]/.test(address) || !URL.canParse(address)) {
    return { problems: ["url has no http:// or https:// address behind webdav:"] };
  }
  const parsed = new URL(address);
  const problems: string[] = [];
  if (parsed.username !== "" || parsed.password !== "") {
    problems.push("url holds a user: give it as webdav_user and webdav_pass");
  }
  if (parsed.search !== "" || parsed.hash !== "") problems.push("url has a query or a fragment");
  if (!decodes(parsed.pathname)) problems.push("url has a % that stands for nothing");
  if (problems.length > 0) return { problems };
  const root = address.replace(/\/+$/, "");
  // rclone finds Nextcloud's upload folder from the whole url, so that all of it is the remote's.
  return { parameters: { url: root }, place: root.replace(/^https?:\/\//, "") };
}

function decodes(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
