/** What the tests of the images share: Podman, as its own command line. */

/** The name that scripts/test gives an image, or a message that says to use it. */
export function image(variable: string): string {
  const name = Deno.env.get(variable);
  if (!name) throw new Error(`Cannot test images without ${variable}: run scripts/test --only tests/images`);
  return name;
}

/** Runs podman, and returns what it printed, without the last line's end. Throws what it said where it fails. */
export async function podman(...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("podman", { args, stdin: "null" }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trimEnd();
  if (!success) throw new Error(`podman ${args.join(" ")} failed:\n${text(stdout)}\n${text(stderr)}`);
  return text(stdout);
}

/** A container that scripts/test removes, should the test not get to it. */
export const labelled = [
  "--label",
  `rclone-gateway-test=${Deno.env.get("RCLONE_GATEWAY_TEST_ID") ?? "by-hand"}`,
];

/** Runs a shell script in a new container of an image; options are podman's. */
export function shell(name: string, script: string, ...options: string[]): Promise<string> {
  return podman(
    "run",
    "--rm",
    "--network=none",
    ...labelled,
    "--entrypoint=sh",
    ...options,
    name,
    "-euc",
    script,
  );
}
