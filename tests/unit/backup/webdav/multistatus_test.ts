import assert from "node:assert/strict";
import { parseMultistatus } from "../../../../backup/webdav/multistatus.ts";

const response = (href: string, folder: boolean): string =>
  `<D:response><D:href>${href}</D:href><D:propstat><D:prop><D:displayname>x</D:displayname>` +
  `<D:getlastmodified>Mon, 23 Nov 2026 20:00:00 GMT</D:getlastmodified>` +
  (folder
    ? `<D:resourcetype><D:collection xmlns:D="DAV:"/></D:resourcetype>`
    : `<D:getcontentlength>155</D:getcontentlength><D:resourcetype></D:resourcetype>`) +
  `</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>`;

const multistatus = (...responses: string[]): string =>
  `<?xml version="1.0" encoding="UTF-8"?><D:multistatus xmlns:D="DAV:">${responses.join("")}</D:multistatus>`;

Deno.test("a_list_tells_names_kinds_sizes_and_times_and_leaves_the_folder_itself_out", () => {
  const text = multistatus(
    response("/d/wiki/", true),
    response("/d/wiki/aaaa/", true),
    response("/d/wiki/aaaa.json", false),
  );
  assert.deepEqual(parseMultistatus(text, "/d/wiki/"), [
    { name: "aaaa", folder: true, size: -1, modified: 1795464000 },
    { name: "aaaa.json", folder: false, size: 155, modified: 1795464000 },
  ]);
});

Deno.test("names_are_read_as_they_are_stored", () => {
  const names: readonly (readonly [href: string, name: string | undefined])[] = [
    ["/d/a%20b%C3%A9", "a b\u00e9"],
    ["/d/it&#39;s&amp;%3C%3E", "it's&<>"],
    ["/d/%1B%5B31m", "\x1b[31m"],
    ["http://127.0.0.1:4694/d/x/", "x"],
    ["/d/..", ".."],
    // Not directly in it, or not to be read.
    ["/d/a/b", undefined],
    ["/other/x", undefined],
    ["/d/%2Fetc%2Fpasswd", undefined],
    ["/d/%FF", undefined],
    ["/d/%zz", undefined],
    ["", undefined],
  ];
  for (const [href, name] of names) {
    const [entry] = parseMultistatus(multistatus(response(href, false)), "/d/") ?? [];
    assert.equal(entry?.name, name, href);
  }
});

Deno.test("what_is_no_list_is_undefined", () => {
  const texts = [
    "",
    "not found",
    "<html></html>",
    "<D:multistatus>",
    '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
    "<a/><multistatus/>",
  ];
  for (const text of texts) assert.equal(parseMultistatus(text, "/d/"), undefined, text);
});
