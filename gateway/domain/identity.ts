import { type AppType, appTypeOf } from "./app_type.ts";

/** A host of the cluster: `node/<n>`. */
export type NodeIdentity = { readonly kind: "node"; readonly name: string; readonly id: string };
/** An installed application instance: `module/<id>`. */
export type ModuleIdentity = {
  readonly kind: "module";
  readonly name: string;
  readonly id: string;
  readonly appType: AppType;
};
/** Somebody who can hold a secret in `cluster/acls`. */
export type Identity = NodeIdentity | ModuleIdentity;

const NODE_ID = /^[1-9][0-9]{0,8}$/;
const MODULE_ID = /^[a-z][a-z0-9_-]{0,126}[0-9]$/;

/** `node/<n>` or `module/<id>` as an identity; undefined for every other text. */
export function parseIdentity(name: string): Identity | undefined {
  const slash = name.indexOf("/");
  const id = name.slice(slash + 1);
  switch (name.slice(0, slash + 1)) {
    case "node/":
      return NODE_ID.test(id) ? { kind: "node", name, id } : undefined;
    case "module/": {
      const appType = MODULE_ID.test(id) ? appTypeOf(id) : undefined;
      return appType === undefined ? undefined : { kind: "module", name, id, appType };
    }
    default:
      return undefined;
  }
}
