import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { Stored } from "../../../../gateway/rclone/stored.ts";
import { ROOT } from "../../module_graph.ts";
import { REPOSITORY, repositoryFolder } from "./repository_folder.ts";

/** What is asked for, and how the server that is asked answers. */
export type StoredCase = {
  readonly path: string;
  readonly length: string;
  readonly answer: { readonly status: number; readonly size?: string } | "silent" | "absent";
};

const LOCK = `/${"d".repeat(8)}/${REPOSITORY}/locks/${"5".repeat(64)}`;
const CONFIG = `/${"d".repeat(8)}/${REPOSITORY}/config`;

const CASES: [name: string, given: StoredCase, stored: Stored, asked: string][] = [
  ["same_size", { path: LOCK, length: "3", answer: { status: 200, size: "3" } }, "same", `HEAD ${LOCK}`],
  [
    "empty_and_empty",
    { path: LOCK, length: "0", answer: { status: 200, size: "0" } },
    "same",
    `HEAD ${LOCK}`,
  ],
  ["shorter", { path: LOCK, length: "3", answer: { status: 200, size: "2" } }, "differs", `HEAD ${LOCK}`],
  ["longer", { path: LOCK, length: "3", answer: { status: 200, size: "33" } }, "differs", `HEAD ${LOCK}`],
  ["no_size", { path: LOCK, length: "3", answer: { status: 204 } }, "unknown", `HEAD ${LOCK}`],
  ["not_there", { path: LOCK, length: "3", answer: { status: 404, size: "3" } }, "absent", `HEAD ${LOCK}`],
  [
    "storage_fails",
    { path: LOCK, length: "3", answer: { status: 500, size: "3" } },
    "unknown",
    `HEAD ${LOCK}`,
  ],
  ["refused", { path: LOCK, length: "3", answer: { status: 403, size: "3" } }, "unknown", `HEAD ${LOCK}`],
  ["partial", { path: LOCK, length: "3", answer: { status: 206, size: "3" } }, "unknown", `HEAD ${LOCK}`],
  ["too_slow", { path: LOCK, length: "3", answer: "silent" }, "unknown", `HEAD ${LOCK}`],
  ["no_server", { path: LOCK, length: "3", answer: "absent" }, "unknown", "nothing"],
  ["no_length", { path: LOCK, length: "-", answer: { status: 200, size: "3" } }, "unknown", `HEAD ${LOCK}`],
  ["empty_length", { path: LOCK, length: "", answer: { status: 200, size: "0" } }, "unknown", `HEAD ${LOCK}`],
  [
    "two_lengths",
    { path: LOCK, length: "3, 3", answer: { status: 200, size: "3" } },
    "unknown",
    `HEAD ${LOCK}`,
  ],
  // Not named after its content: never "the same", so that nobody is told that his config was taken.
  ["config", { path: CONFIG, length: "3", answer: { status: 200, size: "3" } }, "differs", `HEAD ${CONFIG}`],
  ["no_config", { path: CONFIG, length: "3", answer: { status: 404 } }, "absent", `HEAD ${CONFIG}`],
  ["config_unknown", { path: CONFIG, length: "3", answer: { status: 500 } }, "unknown", `HEAD ${CONFIG}`],
];

Deno.test("a_refused_upload_is_compared_with_what_is_stored", async (test) => {
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
      fileURLToPath(new URL("stored_cases.ts", import.meta.url)),
      socket,
      JSON.stringify(CASES.map(([, given]) => given)),
    ],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  const results: { stored: Stored; asked: string }[] = JSON.parse(new TextDecoder().decode(stdout));
  for (const [index, [name, , stored, asked]] of CASES.entries()) {
    await test.step(name, () => assert.deepEqual(results[index], { stored, asked }));
  }
});
