/** Whether a text is an IPv4 or IPv6 network such as `10.5.4.0/24`; a bare address is a network of one. */
export function isCidr(value: string): boolean {
  const [address = "", bits, ...more] = value.split("/");
  if (more.length > 0 || (bits !== undefined && !/^[0-9]{1,3}$/.test(bits))) return false;
  if (/^[0-9.]+$/.test(address)) {
    const octets = address.split(".");
    return octets.length === 4 && octets.every((octet) =>
      /^(0|[1-9][0-9]{0,2})$/.test(octet) && Number(octet) <= 255
    ) &&
      Number(bits ?? 32) <= 32;
  }
  return /^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$/.test(address) && URL.canParse(`http://[${address}]/`) &&
    Number(bits ?? 128) <= 128;
}
