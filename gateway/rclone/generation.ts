import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";

/**
 * A function that turns a configuration into a word of ten hex digits, the same word for the same configuration as
 * long as the key file exists. Keyed, because the word stands in paths and process lists, and short secrets could
 * be guessed from a bare digest.
 */
export async function keyedGeneration(keyFile: string): Promise<(configuration: string) => string> {
  let key: Uint8Array;
  try {
    key = await Deno.readFile(keyFile);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    key = crypto.getRandomValues(new Uint8Array(32));
    await Deno.writeFile(keyFile, key, { mode: 0o600, createNew: true });
  }
  return (configuration) => hmac(sha256, key, new TextEncoder().encode(configuration)).toHex().slice(0, 10);
}
