import { parseUuid } from "../../../gateway/domain/uuid.ts";
import type { Redis } from "../../../gateway/redis/connection.ts";
import { failed, invalid } from "../failure.ts";
import { readStored, type StoredDestination } from "./stored.ts";

/** A destination by its uuid; ends the command where there is none. */
export async function find(redis: Redis, id: string): Promise<StoredDestination> {
  return await readStored(redis, id) ??
    failed(`There is no destination ${id}: see "rclonegwctl destination list". Nothing was changed.`);
}

/** Ends the command where the text is not a uuid. */
export function checkUuid(id: string): void {
  if (parseUuid(id) === undefined) {
    invalid(`"${id}" is not the uuid of a destination: see "rclonegwctl destination list"`);
  }
}
