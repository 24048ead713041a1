import ipaddr from "ipaddr.js";
import { isCidr } from "../domain/network.ts";

/** An IPv4 or IPv6 address in the one form in which two can be compared; undefined for what is no address. */
export function canonicalAddress(text: string): string | undefined {
  // ipaddr.js also takes short and octal forms, of which HAProxy makes something else, or nothing.
  return !text.includes("/") && isCidr(text) ? ipaddr.parse(text).toString() : undefined;
}
