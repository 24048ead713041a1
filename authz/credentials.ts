import { sha256 } from "@noble/hashes/sha2.js";
import { Buffer } from "node:buffer";
import { type Identity, parseIdentity } from "../gateway/domain/identity.ts";
import type { DenyReason } from "../gateway/domain/decision.ts";

/** Who somebody says to be, and the SHA-256 (32 bytes) of the secret that came with it. */
export type Credentials = { readonly identity: Identity; readonly digest: Uint8Array };

/**
 * The one place where an `Authorization` header is parsed (RFC 7617). HAProxy's own parsing ends a password at a
 * NUL byte, so that it is never asked. The secret is hashed as the bytes that came and goes no further.
 */
export function parseCredentials(header: string | undefined): Credentials | DenyReason {
  if (header === undefined || header === "") return "credentials-missing";
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header)?.[1];
  if (encoded === undefined) return "credentials-malformed";
  const bytes = Buffer.from(encoded, "base64");
  const colon = bytes.indexOf(":");
  if (colon < 0) return "credentials-malformed";
  const identity = parseIdentity(bytes.subarray(0, colon).toString("latin1"));
  if (identity === undefined) return "identity-unknown";
  return { identity, digest: sha256(bytes.subarray(colon + 1)) };
}
