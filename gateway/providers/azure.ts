import { folderOf, folderProblem } from "./location.ts";
import type { Provider } from "./provider.ts";

export const AZURE: Provider = {
  title: "Azure",
  type: "azureblob",
  url: ["azure:<container>[/<folder>]", "azure:mycontainer"],
  fields: [
    { name: "azure_account_name", title: "storage account", key: "account", required: true },
    { name: "azure_account_key", title: "account key", key: "key", secret: true, required: true },
    { name: "azure_endpoint", title: "endpoint (default: Azure's)", key: "endpoint" },
  ],
  meaning(url) {
    const problem = folderProblem("azure", url, "container");
    return problem === undefined ? { parameters: {}, place: folderOf(url) } : { problems: [problem] };
  },
};
