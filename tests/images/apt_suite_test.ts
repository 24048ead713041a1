import { equal, ok } from "node:assert/strict";
import { image, shell } from "./podman.ts";

const client = image("RCLONE_GATEWAY_RESTIC_IMAGE");
const folder = new URL("../../scripts/lib/", import.meta.url).pathname;

/** What apt-suite.sh makes of an image's own sources. */
function derive(file: string, sources: string): Promise<string> {
  const script =
    `rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/*; printf '%s' "$SOURCES" >/etc/apt/${file}
    sh /lib-of-scripts/apt-suite.sh unstable; rm -f /etc/apt/${file}; cat /etc/apt/sources.list.d/*; apt-get indextargets >/dev/null`;
  const mount = ["--volume", `${folder}:/lib-of-scripts:ro`, "--env", `SOURCES=${sources}`];
  return shell(client, script, ...mount);
}

const mirror = "http://mirror.example/debian";
const cases: [string, string, string, string][] = [
  [
    "deb822_of_the_public_image",
    "sources.list.d/debian.sources",
    `Types: deb\n# a comment\nURIs: ${mirror}\nSuites: trixie trixie-updates\nComponents: main\nSigned-By: /k.pgp\n\n` +
    `Types: deb\nURIs: ${mirror}-security\nSuites: trixie-security\nComponents: main\nSigned-By: /k.pgp\n`,
    `Types: deb\n# a comment\nURIs: ${mirror}\nSuites: unstable\nComponents: main\nSigned-By: /k.pgp\nCheck-Valid-Until: no`,
  ],
  [
    "deb822_that_says_something_about_validity",
    "sources.list.d/debian.sources",
    `Types: deb\nURIs: ${mirror}\nSuites: trixie\nCheck-Valid-Until: yes\nComponents: main\n`,
    `Types: deb\nURIs: ${mirror}\nSuites: unstable\nComponents: main\nCheck-Valid-Until: no`,
  ],
  [
    "one_line_sources",
    "sources.list",
    `# ours\ndeb ${mirror} trixie main\ndeb ${mirror} trixie-updates main\ndeb ${mirror}-security trixie-security main\n`,
    `deb [check-valid-until=no] ${mirror} unstable main`,
  ],
  [
    "one_line_sources_with_options",
    "sources.list",
    `deb [signed-by=/k.pgp] ${mirror} trixie main contrib\n`,
    `deb [signed-by=/k.pgp check-valid-until=no] ${mirror} unstable main contrib`,
  ],
];
for (const [name, file, sources, expected] of cases) {
  Deno.test(name, async () => equal((await derive(file, sources)).trimEnd(), expected));
}

Deno.test("without_a_mirror_it_says_so", async () => {
  const said = await derive("sources.list", "# nothing\n").then(() => "", (error: Error) => error.message);
  ok(said.includes("Cannot derive a source for unstable"), said);
});
