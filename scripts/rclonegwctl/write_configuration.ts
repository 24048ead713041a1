import { Command } from "commander";
import { LOCAL_REPOSITORIES } from "../../gateway/paths.ts";
import { desiredState } from "../../gateway/redis/desired_state.ts";
import { readStoredState } from "../../gateway/redis/stored_state.ts";
import { renderBundle } from "../../gateway/render/bundle.ts";
import { replaceFile } from "../../gateway/replace_file.ts";
import { failed } from "./failure.ts";
import { note } from "./output.ts";
import { readSettings, withRedis } from "./session.ts";

export function writeConfigurationCommand(): Command {
  return new Command("write-configuration")
    .description("Renders from Redis what the gateway would run with, without applying anything.")
    .requiredOption(
      "--rclonedir <dir>",
      "where to write <destination>.conf for each destination; holds secrets",
    )
    .requiredOption(
      "--haproxydir <dir>",
      "where to write base.cfg, backends.cfg, routes.map and networks.lst",
    )
    .action(write);
}

async function write(options: { rclonedir: string; haproxydir: string }): Promise<void> {
  const settings = readSettings();
  const stored = await withRedis(settings, (redis) => readStoredState(redis, settings.nodeId));
  const state = desiredState(stored, {
    nodeId: settings.nodeId,
    clusterNetwork: settings.clusterNetwork,
    localFolder: LOCAL_REPOSITORIES,
  });
  // In the running gateway this word depends on the configuration and on a key of its own.
  const bundle = renderBundle({ ...state, complete: true }, () => "preview");
  const base = await Deno.readTextFile(new URL("../../gateway/haproxy/base.cfg", import.meta.url));
  try {
    for (const folder of [options.rclonedir, options.haproxydir]) {
      await Deno.mkdir(folder, { recursive: true });
    }
    for (const { destination, rcloneConf } of bundle.instances) {
      await replaceFile(`${options.rclonedir}/${destination}.conf`, rcloneConf);
    }
    for (const [file, content] of Object.entries({ "base.cfg": base, ...bundle.haproxy })) {
      await replaceFile(`${options.haproxydir}/${file}`, content);
    }
  } catch (error) {
    failed(`Cannot write the configuration: ${(error as Error).message}`);
  }
  for (const [id, because] of bundle.notServed) note(`destination ${id} would not be served: ${because}`);
  console.log(
    `${bundle.instances.length} destinations written to ${options.rclonedir} and ${options.haproxydir}`,
  );
}
