import { folderOf, folderProblem } from "./location.ts";
import type { Provider } from "./provider.ts";

export const BACKBLAZE: Provider = {
  title: "Backblaze",
  type: "b2",
  url: ["b2:<bucket>[/<folder>]", "b2:mybucket/mybackup"],
  fields: [
    { name: "b2_account_id", title: "application key id", key: "account", required: true },
    { name: "b2_account_key", title: "application key", key: "key", secret: true, required: true },
  ],
  meaning(url) {
    const problem = folderProblem("b2", url, "bucket");
    return problem === undefined ? { parameters: {}, place: folderOf(url) } : { problems: [problem] };
  },
};
