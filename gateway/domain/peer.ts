/** Another node of the cluster, and where its gateway is. */
export type Peer = { readonly node: string; readonly address: string };
