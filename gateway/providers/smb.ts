import { folderOf, folderProblem } from "./location.ts";
import type { Provider } from "./provider.ts";

export const SMB: Provider = {
  title: "SMB",
  type: "smb",
  url: ["smb:<share>[/<folder>]", "smb:myshare/mybackup"],
  fields: [
    { name: "smb_host", title: "host name or address", key: "host", required: true },
    { name: "smb_port", title: "port (default: 445)", key: "port" },
    { name: "smb_user", title: "user", key: "user", required: true },
    { name: "smb_pass", title: "password", key: "pass", secret: true, obscured: true },
    { name: "smb_domain", title: "domain, in its short form", key: "domain" },
  ],
  meaning(url, given) {
    const problem = folderProblem("smb", url, "share");
    return problem === undefined
      ? { parameters: {}, place: `${given["smb_host"] ?? ""}/${folderOf(url)}` }
      : { problems: [problem] };
  },
};
