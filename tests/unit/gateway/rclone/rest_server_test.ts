import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { ROOT } from "../../module_graph.ts";
import { nameOf, REPOSITORY, repositoryFolder } from "./repository_folder.ts";

/** What is asked for, and how the server that is asked answers. */
export type RestCase = {
  readonly question: "look" | "remove" | { readonly digest: number };
  readonly path: string;
  readonly answer:
    | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
    | "silent"
    | "absent";
};

const LOCK = `/${"d".repeat(8)}/${REPOSITORY}/locks/${"5".repeat(64)}`;
const WHEN = "Mon, 23 Nov 2026 06:22:45 GMT";

const look = (answer: RestCase["answer"]): RestCase => ({ question: "look", path: LOCK, answer });
const size = (status: number, length?: string): RestCase["answer"] => ({
  status,
  ...(length === undefined ? {} : { headers: { "content-length": length, "last-modified": WHEN } }),
});
const there = { kind: "there", size: 3, modified: Date.parse(WHEN) };
const unknown = { kind: "unknown" };

const CASES: [name: string, given: RestCase, result: unknown, asked: string][] = [
  ["there", look(size(200, "3")), there, `HEAD ${LOCK}`],
  ["empty", look(size(200, "0")), { ...there, size: 0 }, `HEAD ${LOCK}`],
  ["no_time", look({ status: 200, headers: { "content-length": "3" } }), {
    kind: "there",
    size: 3,
  }, `HEAD ${LOCK}`],
  ["not_there", look(size(404, "3")), { kind: "absent" }, `HEAD ${LOCK}`],
  ["no_size", look(size(204)), unknown, `HEAD ${LOCK}`],
  ["storage_fails", look(size(500, "3")), unknown, `HEAD ${LOCK}`],
  ["refused", look(size(403, "3")), unknown, `HEAD ${LOCK}`],
  ["partial", look(size(206, "3")), unknown, `HEAD ${LOCK}`],
  ["too_slow", look("silent"), unknown, `HEAD ${LOCK}`],
  ["no_server", look("absent"), unknown, "nothing"],
  [
    "digest",
    { question: { digest: 3 }, path: LOCK, answer: { status: 200, body: "abc" } },
    nameOf("abc"),
    `GET ${LOCK}`,
  ],
  [
    "digest_of_a_part",
    { question: { digest: 4 }, path: LOCK, answer: { status: 200, body: "abc" } },
    "unknown",
    `GET ${LOCK}`,
  ],
  [
    "digest_of_an_error",
    { question: { digest: 3 }, path: LOCK, answer: { status: 500, body: "abc" } },
    "unknown",
    `GET ${LOCK}`,
  ],
  ["digest_without_server", { question: { digest: 3 }, path: LOCK, answer: "absent" }, "unknown", "nothing"],
  ["removed", { question: "remove", path: LOCK, answer: { status: 200 } }, true, `DELETE ${LOCK}`],
  ["nothing_to_remove", { question: "remove", path: LOCK, answer: { status: 404 } }, false, `DELETE ${LOCK}`],
  ["not_removed", { question: "remove", path: LOCK, answer: { status: 500 } }, false, `DELETE ${LOCK}`],
];

Deno.test("what_cannot_be_told_of_an_object_is_never_guessed", async (test) => {
  await using folder = await repositoryFolder();
  const socket = `${folder.path}/server.sock`;
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--frozen", "--no-prompt", "--config", `${ROOT}/deno.json`],
      // What the code under test is given, and no more.
      ...[
        `--allow-net=unix:${socket},rclone:80`,
        `--allow-read=${folder.path}`,
        `--allow-write=${folder.path}`,
      ],
      fileURLToPath(new URL("rest_server_cases.ts", import.meta.url)),
      socket,
      JSON.stringify(CASES.map(([, given]) => given)),
    ],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  const results: { result: unknown; asked: string }[] = JSON.parse(new TextDecoder().decode(stdout));
  for (const [index, [name, , result, asked]] of CASES.entries()) {
    await test.step(name, () => assert.deepEqual(results[index], { result, asked }));
  }
});
