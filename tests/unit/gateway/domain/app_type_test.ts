import assert from "node:assert/strict";
import { appTypeOf, parseAppType } from "../../../../gateway/domain/app_type.ts";

Deno.test("an_app_type_is_the_module_id_without_its_trailing_digits", async (test) => {
  const cases: [moduleId: string, appType: string | undefined][] = [
    ["dokuwiki1", "dokuwiki"],
    ["dokuwiki10", "dokuwiki"],
    ["dokuwiki007", "dokuwiki"],
    ["n8n1", "n8n"],
    ["n8n12", "n8n"],
    ["dokuwiki", "dokuwiki"],
    ["samba-dc1", "samba-dc"],
    ["my_app2", "my_app"],
    ["a1", "a"],
    ["a1b2", "a1b"],
    // Never empty, and never something that is not an app type:
    ["1", undefined],
    ["123", undefined],
    ["", undefined],
    ["8n1", undefined],
    ["-a1", undefined],
    [".1", undefined],
    ["..1", undefined],
    ["a/b1", undefined],
    ["Dokuwiki1", undefined],
    ["dokuwiki1 ", undefined],
    ["dokuwiki1\n", undefined],
    ["dokuwiki.1", undefined],
    ["dokuwiki\u0661", undefined],
  ];
  for (const [moduleId, appType] of cases) {
    await test.step(JSON.stringify(moduleId), () => assert.equal(appTypeOf(moduleId), appType));
  }
});

Deno.test("an_app_type_never_ends_with_a_digit", () => {
  for (const good of ["dokuwiki", "n8n", "a", "a-", "a_b"]) assert.equal(parseAppType(good), good);
  for (
    const bad of ["", "n8", "dokuwiki1", "1", "a.", ".", "..", "a/b", "A", "-a", "_a", " a", "a\n", "a%41"]
  ) {
    assert.equal(parseAppType(bad), undefined, JSON.stringify(bad));
  }
});
