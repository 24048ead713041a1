/**
 * What a restic repository is made of. Source: restic's "REST Backend" reference, `/{path}/{type}/`.
 * All but `config` are folders of objects that are named by the SHA-256 of their content.
 */
export const OBJECT_TYPES = ["data", "keys", "locks", "snapshots", "index"] as const;
export type ObjectType = typeof OBJECT_TYPES[number];

/** The name restic gives an object: the SHA-256 of its content, 64 lower-case hex digits. */
export type ObjectName = string & { readonly objectName: unique symbol };

/** The text as a folder of a repository, or undefined. */
export function parseObjectType(text: string): ObjectType | undefined {
  return OBJECT_TYPES.find((type) => type === text);
}

/** The text as an object's name, or undefined. */
export function parseObjectName(text: string): ObjectName | undefined {
  return /^[0-9a-f]{64}$/.test(text) ? text as ObjectName : undefined;
}
