import { folderOf } from "./location.ts";
import type { Provider } from "./provider.ts";

export const SFTP: Provider = {
  title: "SFTP",
  type: "sftp",
  url: ["sftp:<folder>, below the user's home unless it begins with /", "sftp:/srv/mybackup"],
  fields: [
    { name: "sftp_host", title: "host name or address", key: "host", required: true },
    { name: "sftp_port", title: "port (default: 22)", key: "port" },
    { name: "sftp_user", title: "user", key: "user", required: true },
    { name: "sftp_pass", title: "password", key: "pass", secret: true, obscured: true },
    { name: "sftp_key_pem", title: "private key, PEM", key: "key_pem", secret: true, lines: true },
    {
      name: "sftp_key_pass",
      title: "the private key's passphrase",
      key: "key_file_pass",
      secret: true,
      obscured: true,
    },
    {
      name: "sftp_host_keys",
      title: 'the server\'s keys, as "ssh-ed25519 AAAA…", separated by commas (default: those it shows now)',
      key: "host_keys",
      incidental: true,
    },
  ],
  meaning(url, given) {
    const folder = folderOf(url);
    // The root itself could not be told from the home folder.
    const problem = !url.startsWith("sftp:")
      ? "url does not begin with sftp:"
      : folder === ""
      ? "url names no folder"
      : folder.replace(/^\//, "").split("/").some((segment) => ["", ".", ".."].includes(segment))
      ? "url has an empty or dotted folder"
      : undefined;
    return problem === undefined
      ? { parameters: {}, place: `${given["sftp_host"] ?? ""}:${folder}` }
      : { problems: [problem] };
  },
};
