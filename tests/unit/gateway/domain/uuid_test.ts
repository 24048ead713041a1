import assert from "node:assert/strict";
import { parseUuid } from "../../../../gateway/domain/uuid.ts";

const GOOD = "0b1c2d3e-4f50-4a6b-8c7d-9e0f1a2b3c4d";

Deno.test("a_uuid_has_one_form", async (test) => {
  assert.equal(parseUuid(GOOD), GOOD);
  const cases: [name: string, text: string][] = [
    ["empty", ""],
    ["upper_case", GOOD.toUpperCase()],
    ["one_upper_case_digit", GOOD.replace("b", "B")],
    ["no_hyphens", GOOD.replaceAll("-", "")],
    ["braces", `{${GOOD}}`],
    ["urn", `urn:uuid:${GOOD}`],
    ["shorter", GOOD.slice(1)],
    ["longer", `${GOOD}0`],
    ["blank_before", ` ${GOOD}`],
    ["newline_behind", `${GOOD}\n`],
    ["letter_g", GOOD.replace("c", "g")],
    ["hyphens_moved", "0b1c2d3e4-f50-4a6b-8c7d-9e0f1a2b3c4d"],
    ["two", `${GOOD}${GOOD}`],
  ];
  for (const [name, text] of cases) {
    await test.step(name, () => assert.equal(parseUuid(text), undefined));
  }
});
