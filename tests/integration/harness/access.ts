import { type Access, accessTo } from "../../../backup/restic/access.ts";
import { appTypeOf } from "../../../gateway/domain/app_type.ts";
import { parseUuid } from "../../../gateway/domain/uuid.ts";
import { DESTINATION, type TestIdentity } from "./cluster.ts";
import { GATEWAY } from "./gateway.ts";

/** How somebody opens a module's repository, as the backup's own code wants it. */
export function accessOf(who: TestIdentity, owner: TestIdentity, destination = DESTINATION): Access {
  const [id, moduleUuid] = [parseUuid(destination), parseUuid(owner.uuid)];
  const appType = appTypeOf(owner.name.slice("module/".length));
  if (id === undefined || moduleUuid === undefined || appType === undefined) {
    throw new Error(`${owner.name} has no repository on ${destination}`);
  }
  const repository = { destination: id, path: { appType, moduleUuid } };
  return accessTo(GATEWAY, repository, { user: who.name, secret: who.secret }, "restic-password-Lm7");
}
