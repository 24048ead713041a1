/** A uuid in its one canonical form: 36 characters, lower case, hyphens. */
export type Uuid = string & { readonly uuid: unique symbol };

const CANONICAL = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The text as a uuid, or undefined where it is anything but the canonical form: nothing is repaired. */
export function parseUuid(text: string): Uuid | undefined {
  return CANONICAL.test(text) ? text as Uuid : undefined;
}
