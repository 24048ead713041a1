import assert from "node:assert/strict";
import { rawUrl } from "../../../../gateway/providers/raw.ts";

Deno.test("a_raw_url_holds_type_host_and_folder_and_nothing_else", async (test) => {
  const cases: [name: string, parameters: [string, string][], basepath: string, url: string][] = [
    [
      "endpoint",
      [["type", "s3"], ["endpoint", "minio.example:9000"]],
      "/b/c/",
      "rclone:s3:minio.example:b/c",
    ],
    [
      "endpoint_url",
      [["type", "s3"], ["endpoint", "https://minio.example/x"]],
      "b",
      "rclone:s3:minio.example:b",
    ],
    ["host", [["type", "sftp"], ["host", "h"]], "", "rclone:sftp:h:"],
    [
      "url_with_secrets",
      [["type", "webdav"], ["url", "https://me:s3cr3t@h/s3cr3t?s3cr3t"]],
      "",
      "rclone:webdav:h:",
    ],
    ["neither", [["type", "drive"], ["token", "s3cr3t"]], "a", "rclone:drive::a"],
    ["not_a_host", [["type", "sftp"], ["host", "a b"]], "", "rclone:sftp::"],
  ];
  for (const [name, parameters, basepath, url] of cases) {
    await test.step(name, () => assert.equal(rawUrl(new Map(parameters), basepath), url));
  }
});
