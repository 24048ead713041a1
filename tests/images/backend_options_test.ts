import { deepStrictEqual as equal, ok } from "node:assert";
import {
  BACKENDS,
  COMMON_OPTIONS,
  REFUSED_OPTIONS,
  REFUSED_TYPES,
} from "../../gateway/rclone/backend_options.ts";
import { image, shell } from "./podman.ts";

const gateway = image("RCLONE_GATEWAY_IMAGE");

type Backend = {
  readonly Name: string;
  readonly Options: readonly { readonly Name: string; readonly Help: string; readonly IsPassword: boolean }[];
};

const backends: readonly Backend[] = JSON.parse(await shell(gateway, "rclone config providers"));
const words = (options: string): string[] => options.trim().split(/\s+/);

Deno.test("somebody_has_looked_at_every_option_of_this_rclone", () => {
  ok(backends.length > 50, "rclone lists hardly anything: has the form of its list changed?");
  const unknown: string[] = [];
  for (const { Name: type, Options: options } of backends) {
    if (Object.hasOwn(REFUSED_TYPES, type)) continue;
    const harmless = BACKENDS[type];
    if (harmless === undefined) {
      unknown.push(`type ${type}`);
      continue;
    }
    const known = new Set(
      [...words(harmless), ...words(COMMON_OPTIONS)].map((word) => word.replace(/!$/, "")),
    );
    for (const { Name: name, Help: help } of options) {
      if (!known.has(name) && !Object.hasOwn(REFUSED_OPTIONS, name)) {
        unknown.push(`${type} ${name}: ${help.split("\n")[0]}`);
      }
    }
  }
  // Each belongs into gateway/rclone/backend_options.ts: harmless, or refused because it runs, reads or reaches something.
  equal(unknown, []);
});

Deno.test("what_rclone_calls_a_password_is_kept_secret", () => {
  for (const { Name: type, Options: options } of backends) {
    const harmless = BACKENDS[type];
    if (harmless === undefined) continue;
    for (const { Name: name } of options.filter(({ IsPassword }) => IsPassword)) {
      ok(!words(harmless).includes(name), `${type} ${name} is not marked as a secret`);
    }
  }
});

Deno.test("nothing_is_allowed_that_rclone_does_not_have", () => {
  const gone = Object.keys(BACKENDS).filter((type) => !backends.some(({ Name }) => Name === type));
  // Debian's rclone is built without it; another may have it.
  equal(gone.filter((type) => type !== "azureblob"), []);
});
