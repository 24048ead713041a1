import assert from "node:assert/strict";
import { inNetworks } from "../../../../gateway/redis/in_networks.ts";

Deno.test("an_address_lies_in_a_network_or_not", () => {
  const networks = ["10.5.4.0/24", "192.168.7.9", "fd00:4694::/64"];
  for (const address of ["10.5.4.0", "10.5.4.255", "192.168.7.9", "fd00:4694::1", "fd00:4694:0:0:ffff::"]) {
    assert.equal(inNetworks(address, networks), true, address);
  }
  for (
    const address of [
      "10.5.5.1",
      "192.168.7.8",
      "fd00:4694:0:1::1",
      "::ffff:10.5.4.1",
      "10.5.4",
      "10.5.4.256",
      "node.example",
      "",
    ]
  ) assert.equal(inNetworks(address, networks), false, address);
  assert.equal(inNetworks("10.5.4.1", []), false);
});
