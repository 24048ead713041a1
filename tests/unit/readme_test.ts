import assert from "node:assert/strict";

const ROOT = new URL("../../", import.meta.url);
const text = (path: string): string => Deno.readTextFileSync(new URL(path, ROOT));

/** Every command of the README, and the test that runs it (a part of that file's text). */
const RUN_BY: Readonly<Record<string, readonly [file: string, part: string]>> = {
  "scripts/up": ["tests/integration/up_test.ts", 'script("up")'],
  "scripts/test": [".ci/run", "scripts/test"],
  "restic init": ["tests/integration/restic_test.ts", '["init"]'],
  "restic backup": ["tests/integration/restic_test.ts", '["backup", "/data"]'],
  "export RESTIC_REPOSITORY": ["tests/integration/harness/restic.ts", "RESTIC_REPOSITORY: `rest:"],
  "export RESTIC_PASSWORD": ["tests/integration/harness/restic.ts", "RESTIC_PASSWORD:"],
  "scripts/install": ["tests/integration/host_test.ts", 'installer("install")'],
  "rclonegwctl status": ["tests/integration/rclonegwctl_test.ts", '"status"'],
  "rclonegwctl destination add": ["tests/integration/destinations_test.ts", "--aws-access-key-id="],
  "rclonegwctl destination list": ["tests/integration/destinations_test.ts", '["list"]'],
  "rclonegwctl rclone -- lsf combined:": ["tests/integration/combined_test.ts", '"lsf", "combined:"'],
  "rclonegwctl backup add": ["tests/integration/backups_on_a_host_test.ts", "rclonegwctl backup add"],
  "rclonegwctl backup list": ["tests/integration/backups_on_a_host_test.ts", "rclonegwctl backup list"],
  "rclonegwctl snapshots": [
    "tests/integration/backups_on_a_host_test.ts",
    "rclonegwctl snapshots --module dokuwiki1",
  ],
  "rclonegwctl restore": [
    "tests/integration/backups_on_a_host_test.ts",
    "rclonegwctl restore --snapshot latest --module dokuwiki2 --from dokuwiki1",
  ],
  "rclonegwctl destination recovery-kit": ["tests/integration/rclonegwctl_test.ts", '"--reveal", "--output"'],
};

Deno.test("every_command_in_the_readme_is_run_by_a_test", () => {
  const blocks = [...text("README.md").matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block ?? "");
  const commands = blocks.join("").split("\n").flatMap((line) => line.replace(/ +# .*/, "").split("&&"))
    .map((command) => command.trim()).filter((command) => command !== "");
  assert(commands.length >= 8);
  for (const command of commands) {
    const known = Object.keys(RUN_BY).find((start) => command.startsWith(start));
    assert(known !== undefined, `no test is named for: ${command}`);
    const [file, part] = RUN_BY[known] ?? ["", ""];
    assert(text(file).includes(part), `${file} does not hold ${part}`);
  }
});

Deno.test("the_readme_is_short", () => {
  assert(text("README.md").split("\n").length < 200);
});

Deno.test("the_readme_names_every_package", () => {
  const { imports } = JSON.parse(text("deno.json")) as { imports: Record<string, string> };
  const names = new Set(Object.values(imports).map((url) => /^npm:(@?[^@]+)@/.exec(url)?.[1] ?? url));
  assert(names.size >= 5);
  for (const name of names) assert(text("README.md").includes(`[${name}](`), name);
});

Deno.test("every_setting_is_in_the_operations_page", () => {
  const names = new Set(
    [...text("gateway/settings.ts").matchAll(/"([A-Z][A-Z_]+)"/g)].map(([, name]) => name ?? ""),
  );
  assert(names.size >= 12);
  for (const name of names) assert(text("docs/operations.md").includes(`\`${name}\``), name);
});
