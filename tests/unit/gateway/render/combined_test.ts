import assert from "node:assert/strict";
import { renderCombined } from "../../../../gateway/render/combined.ts";
import { uuid } from "../../given.ts";

const at = (digit: string, path: string) => ({
  destination: uuid(digit),
  fs: `${uuid(digit)}:${path}`,
  rcloneConf: `[${uuid(digit)}]\ntype = local\n`,
});

Deno.test("every_destination_is_a_folder_of_combined", () => {
  const text = renderCombined([at("a", "/srv/repo"), at("b", `a path with "quotes" and blanks`)]);
  assert.deepEqual(text.match(/^\[.*\]$/gm), [`[${uuid("a")}]`, `[${uuid("b")}]`, "[combined]"]);
  assert.match(
    text,
    new RegExp(
      `^upstreams = "${uuid("a")}=${uuid("a")}:/srv/repo" "${uuid("b")}=${
        uuid("b")
      }:a path with ""quotes"" and blanks"$`,
      "m",
    ),
  );
});

Deno.test("without_destinations_there_is_no_such_remote", () => {
  assert.equal(renderCombined([]), "");
});
