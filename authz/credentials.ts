import { sha256 } from "@noble/hashes/sha2.js";
import { type Identity, parseIdentity } from "../gateway/domain/identity.ts";
import type { DenyReason } from "../gateway/domain/decision.ts";

/** Who somebody says to be, and the SHA-256 (32 bytes) of the secret that came with it. */
export type Credentials = { readonly identity: Identity; readonly digest: Uint8Array };

const COLON = 0x3a;
// A byte order mark is a part of a name that nobody has, as any other byte beyond ASCII is.
const NAME = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * The one place where an `Authorization` header is parsed (RFC 7617). HAProxy's own parsing ends a password at a
 * NUL byte, so that it is never asked. The secret is hashed as the bytes that came and goes no further.
 */
export function parseCredentials(header: string | undefined): Credentials | DenyReason {
  if (header === undefined || header === "") return "credentials-missing";
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header)?.[1];
  const bytes = encoded === undefined ? undefined : bytesOf(encoded);
  const colon = bytes?.indexOf(COLON) ?? -1;
  if (bytes === undefined || colon < 0) return "credentials-malformed";
  const identity = parseIdentity(NAME.decode(bytes.subarray(0, colon)));
  if (identity === undefined) return "identity-unknown";
  return { identity, digest: sha256(bytes.subarray(colon + 1)) };
}

/** The bytes that a text in base64 stands for, with or without padding; undefined where its length or its padding is none. */
function bytesOf(base64: string): Uint8Array | undefined {
  try {
    return Uint8Array.fromBase64(base64);
  } catch {
    return undefined;
  }
}
