import type { Provider } from "./provider.ts";

/** The disk of a node of this cluster. Its section is never used as it is: each node serves its own folder. */
export const CLUSTER: Provider = {
  title: "Disk of node",
  type: "local",
  url: ["webdav:http://<address of the node>:4694", "webdav:http://10.5.4.1:4694"],
  fields: [],
  meaning(url) {
    const address = /^webdav:http:\/\/([0-9.]+|\[[0-9a-f:]+\]):4694$/.exec(url)?.[1];
    return address === undefined
      ? { problems: ["url is not webdav:http://<address of the node>:4694"] }
      : { parameters: {}, place: address };
  },
};
