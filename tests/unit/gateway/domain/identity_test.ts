import assert from "node:assert/strict";
import { parseIdentity } from "../../../../gateway/domain/identity.ts";

Deno.test("a_node_is_its_number_and_a_module_its_id", () => {
  assert.deepEqual(parseIdentity("node/12"), { kind: "node", name: "node/12", id: "12" });
  assert.deepEqual(parseIdentity("module/dokuwiki12"), {
    kind: "module",
    name: "module/dokuwiki12",
    id: "dokuwiki12",
    appType: "dokuwiki",
  });
  const longest = `module/${"a".repeat(127)}1`;
  assert.equal(parseIdentity(longest)?.name, longest);
});

Deno.test("every_other_text_is_nobody", async (test) => {
  const cases = [
    ...[
      "",
      "/",
      "node",
      "node/",
      "node/0",
      "node/01",
      "node/-1",
      "node/1/",
      "node/1 ",
      " node/1",
      "node/1\n",
    ],
    ...["node//1", "node/1234567890", "node/x", "NODE/1", "nodes/1", "node/\u0661"],
    ...[
      "module",
      "module/",
      "module/1",
      "module/dokuwiki",
      "module/dokuwiki1/",
      "module//dokuwiki1",
      "module/8n1",
    ],
    ...["module/Dokuwiki1", "module/../node/1", "module/dokuwiki1:x", "module/doku wiki1", "module/a.b1"],
    ...[`module/${"a".repeat(128)}1`, "modules/dokuwiki1", "dokuwiki1", "user/x1", "cluster/1", "default"],
  ];
  for (const name of cases) {
    await test.step(JSON.stringify(name), () => assert.equal(parseIdentity(name), undefined));
  }
});
