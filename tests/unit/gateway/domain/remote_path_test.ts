import assert from "node:assert/strict";
import { remotePath } from "../../../../gateway/domain/remote_path.ts";

Deno.test("a_url_says_where_on_the_remote", async (test) => {
  const cases: [name: string, provider: string, url: string, basepath: string, root: string, path: string][] =
    [
      ["s3", "aws", "s3:s3.amazonaws.com/bucket/a", "", "", "bucket/a"],
      ["s3_with_a_port", "generic-s3", "s3:minio:9000/bucket/", "", "", "bucket"],
      ["s3_over_http", "generic-s3", "s3:http://127.0.0.1:9000/bucket/a", "", "", "bucket/a"],
      ["s3_over_https", "generic-s3", "s3:https://minio.example/bucket", "", "", "bucket"],
      ["s3_bucket_named_http", "generic-s3", "s3:minio.example/http://x", "", "", "http://x"],
      ["s3_without_an_endpoint", "aws", "s3:bucket", "", "", "bucket"],
      ["basepath_of_others_does_not_count", "backblaze", "b2:bucket/a/", "b", "", "bucket/a"],
      ["azure", "azure", "azure:container/a", "", "", "container/a"],
      ["smb", "smb", "smb:share//a//", "", "", "share//a"],
      ["sftp_absolute", "sftp", "sftp:/srv/a", "", "", "/srv/a"],
      ["sftp_below_home", "sftp", "sftp:a", "", "", "a"],
      ["webdav_as_nethserver_has_it", "webdav", "webdav:https://x/dav/a%20b", "", "https://x", "/dav/a b"],
      ["webdav_all_in_the_remote", "webdav", "webdav:https://x/dav/a%20b/", "", "https://x/dav/a%20b", ""],
      [
        "webdav_below_the_remote",
        "webdav",
        "webdav:https://x/dav/files/me/b",
        "",
        "https://x/dav/files/me/",
        "/b",
      ],
      ["webdav_beside_the_remote", "webdav", "webdav:https://x/davs/b", "", "https://x/dav", "/davs/b"],
      ["webdav_of_the_top", "webdav", "webdav:https://x", "", "https://x", ""],
      ["webdav_without_a_remote", "webdav", "webdav:https://x/a", "", "", "/a"],
      ["raw", "rclone", "rclone:s3:x:a", "a/b/", "https://x/a", "a/b"],
      ["raw_absolute", "rclone", "rclone:sftp:x:a", "/a", "", "/a"],
    ];
  for (const [name, provider, url, basepath, root, path] of cases) {
    await test.step(name, () => assert.equal(remotePath(provider, url, basepath, root), path));
  }
});
