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

Deno.test("nobody_who_uses_a_copy_can_refresh_a_token", () => {
  const token = '{"access_token":"a","refresh_token":"r","expiry":"2026-11-23T03:00:00Z"}';
  const rcloneConf = `[x]\ntype = drive\ntoken_url = http://x/\ntoken = ${token}\nteam_drive = t\n`;
  const text = renderCombined([{ ...at("a", "b"), rcloneConf }]);
  assert.match(text, /^token = \{"access_token":"a","expiry":"2026-11-23T03:00:00Z"\}$/m);
  assert.ok(!text.includes("refresh_token"));
  assert.match(text, /^team_drive = t$/m);
  const plain = "[x]\ntype = filefabric\ntoken = a-plain-word\n";
  assert.ok(
    renderCombined([{ ...at("a", "b"), rcloneConf: plain }]).includes(plain),
    "not one that is refreshed",
  );
});
