import { equal, match } from "node:assert/strict";

/** scripts/bench, as far as it goes without root and without images. */
async function bench(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const program = new URL("../../../scripts/bench", import.meta.url).pathname;
  const { code, stdout, stderr } = await new Deno.Command("bash", { args: [program, ...args] }).output();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

Deno.test("the_benchmark_explains_itself_and_does_nothing", async () => {
  const { code, stdout } = await bench("--help");
  equal(code, 0);
  match(stdout, /^Usage: scripts\/bench \[--quick\] \[--peers\] \[--output DIR\]\n/);
});

Deno.test("a_wrong_argument_ends_the_benchmark_with_2_before_anything_starts", async (test) => {
  const cases: [name: string, args: string[], because: RegExp][] = [
    ["unknown_option", ["--fast"], /there is no option '--fast'/],
    ["unknown_word", ["--quick", "gateway"], /there is no option 'gateway'/],
    ["output_without_folder", ["--output"], /--output needs a folder/],
    ["output_with_empty_folder", ["--output="], /there is no option '--output='/],
  ];
  for (const [name, args, because] of cases) {
    await test.step(name, async () => {
      const { code, stderr } = await bench(...args);
      equal(code, 2);
      match(stderr, because);
    });
  }
});
