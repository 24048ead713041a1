import { createHash, randomBytes } from "node:crypto";

/** A new secret of 256 bits, in characters that need no quoting anywhere. */
export function newSecret(): string {
  return randomBytes(32).toString("base64url");
}

/** Its SHA-256 as `cluster/acls` keeps it: 64 hex digits. */
export function digestOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
