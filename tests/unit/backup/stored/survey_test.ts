import assert from "node:assert/strict";
import { survey } from "../../../../backup/stored/survey.ts";
import type { Entry } from "../../../../backup/webdav/multistatus.ts";
import type { Answer, WebDav } from "../../../../backup/webdav/webdav.ts";
import { repository, uuid } from "../../given.ts";

const D = uuid("d");

/** A destination of these files; a path that ends in "!" fails. */
function dav(files: Readonly<Record<string, string>>): WebDav {
  const paths = Object.keys(files);
  const failing = (path: string): boolean => paths.includes(`${path}!`);
  const answer = <T>(path: string, value: T | undefined): Promise<Answer<T>> =>
    Promise.resolve(
      failing(path)
        ? { kind: "failed", because: "502" }
        : value === undefined
        ? { kind: "absent" }
        : { kind: "found", value },
    );
  const below = (path: string): string => path.slice(`/${D}/`.length);
  return {
    list: (full) => {
      const folder = below(full);
      const names = new Map<string, Entry>();
      for (const path of paths) {
        if (!path.startsWith(folder) || path.endsWith("!")) continue;
        const [name = "", ...rest] = path.slice(folder.length).split("/");
        names.set(name, { name, folder: rest.length > 0, size: 1, modified: 0 });
      }
      return answer(folder, names.size === 0 && folder !== "" ? undefined : [...names.values()]);
    },
    has: (full) => answer(below(full), files[below(full)] === undefined ? undefined : true),
    read: (full) => answer(below(full), files[below(full)]),
  };
}

Deno.test("a_survey_finds_repositories_and_names_what_is_foreign", async () => {
  const a = uuid("a");
  const found = await survey(
    dav({
      [`wiki/${a}/config`]: "x",
      [`wiki/${a}.json`]: JSON.stringify({ uuid: a }),
      [`wiki/${uuid("b")}/data`]: "no config",
      [`wiki/${uuid("c")}.json`]: "a manifest without a repository",
      "wiki/x\x1b[31m/config": "x",
      "Photos/1.jpg": "x",
      "notes.txt": "x",
      [`cluster-backup-${a}.json.gz.gpg`]: "NethServer 8's",
    }),
    D,
    1000,
  );
  assert.deepEqual(found.repositories.map(({ path, problems }) => ({ path, problems })), [
    { path: repository("wiki", a), problems: [] },
  ]);
  assert.deepEqual(found.foreign, [
    "Photos",
    "notes.txt",
    `wiki/${uuid("b")}/ (no config in it)`,
    `wiki/${uuid("c")}.json`,
    "wiki/x [31m",
  ]);
  assert.deepEqual(found.problems, []);
});

Deno.test("what_cannot_be_looked_at_is_named_and_the_rest_is_shown", async () => {
  const [a, b] = [uuid("a"), uuid("b")];
  const found = await survey(
    dav({
      [`wiki/${a}/config`]: "x",
      [`wiki/${b}/config`]: "x",
      [`wiki/${b}/config!`]: "x",
      "mail/x": "x",
      "mail/!": "x",
    }),
    D,
    1000,
  );
  assert.deepEqual(found.repositories.map(({ path }) => path.moduleUuid), [a]);
  assert.deepEqual(found.problems, ["mail/: 502", `wiki/${b}: 502`]);
});

Deno.test("more_than_anybody_has_is_not_looked_at_and_said", async () => {
  const files: Record<string, string> = {};
  for (let index = 0; index < 600; index++) {
    files[`type${String(index).replace(/[0-9]/g, (d) => "abcdefghij"[Number(d)] ?? "")}/x`] = "x";
  }
  const found = await survey(dav(files), D, 1000);
  assert.deepEqual(found.problems, ["app types: only 500 of 600 were looked at"]);
});
