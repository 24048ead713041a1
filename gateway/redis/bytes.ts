/** Whether the `length` bytes from `start` are this word of ASCII. */
export function is(bytes: Uint8Array, start: number, length: number, word: string): boolean {
  if (length !== word.length) return false;
  for (let index = 0; index < length; index++) {
    if (bytes[start + index] !== word.charCodeAt(index)) return false;
  }
  return true;
}

/** Writes the `count` bytes that hexadecimal digits stand for; false where one of them is none. */
export function hexInto(
  to: Uint8Array,
  at: number,
  count: number,
  digits: Uint8Array,
  from: number,
): boolean {
  for (let byte = 0; byte < count; byte++) {
    const high = NIBBLES[digits[from + 2 * byte] ?? 0] ?? 16;
    const low = NIBBLES[digits[from + 2 * byte + 1] ?? 0] ?? 16;
    if (high > 15 || low > 15) return false;
    to[at + byte] = high * 16 + low;
  }
  return true;
}

/** What a byte is worth as a hexadecimal digit; 16 where it is none. */
const NIBBLES = Uint8Array.from({ length: 256 }, (_, byte) => {
  const digit = "0123456789abcdef".indexOf(String.fromCharCode(byte).toLowerCase());
  return byte > 127 || digit < 0 ? 16 : digit;
});

/** FNV-1a, its bits mixed once more: names differ in their last digits only. */
export function hash(bytes: Uint8Array, from: number, to: number): number {
  let value = 0x811c9dc5;
  for (let at = from; at < to; at++) value = Math.imul(value ^ (bytes[at] ?? 0), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  return (value ^ (value >>> 13)) >>> 0;
}
