import assert from "node:assert/strict";
import { peerAsker } from "../../../../gateway/failover/ask_peer.ts";

const SETTINGS = { nodeId: "1", nodePassword: "secret", tlsCert: undefined, tlsCa: undefined };

Deno.test("a_node_that_cannot_tell_whom_it_speaks_to_asks_nobody", () => {
  assert.equal(typeof peerAsker(SETTINGS, "/socket"), "function");
  assert.equal(typeof peerAsker({ ...SETTINGS, tlsCert: "/c", tlsCa: "/ca" }, "/socket"), "function");
  assert.match(String(peerAsker({ ...SETTINGS, tlsCert: "/c" }, "/socket")), /TLS_CA is not/);
  assert.match(String(peerAsker({ ...SETTINGS, nodePassword: undefined }, "/socket")), /set NODE_PASSWORD/);
});
