import assert from "node:assert/strict";
import { type AppType, parseAppType } from "../../gateway/domain/app_type.ts";
import { type Identity, type ModuleIdentity, parseIdentity } from "../../gateway/domain/identity.ts";
import type { RepositoryPath } from "../../gateway/domain/repository.ts";
import { type ObjectName, parseObjectName } from "../../gateway/domain/restic_object.ts";
import { parseUuid, type Uuid } from "../../gateway/domain/uuid.ts";

/** The value; fails the test where there is none. For given values that are known to parse. */
function known<T>(value: T | undefined): T {
  assert.ok(value !== undefined);
  return value;
}

/** A uuid made of one hex digit: `uuid("a")`. */
export function uuid(digit: string): Uuid {
  return known(parseUuid("00000000-0000-0000-0000-000000000000".replaceAll("0", digit)));
}

export function appType(text: string): AppType {
  return known(parseAppType(text));
}

export function identity(name: string): Identity {
  return known(parseIdentity(name));
}

export function moduleIdentity(name: string): ModuleIdentity {
  const parsed = identity(name);
  assert.ok(parsed.kind === "module");
  return parsed;
}

export function repository(type: string, id: Uuid): RepositoryPath {
  return { appType: appType(type), moduleUuid: id };
}

/** An object's name that begins with the given hex digits. */
export function objectName(beginning = ""): ObjectName {
  return known(parseObjectName(beginning.padEnd(64, "5")));
}
