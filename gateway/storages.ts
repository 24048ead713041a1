import { Locks } from "./locks/locks.ts";
import { lockStorage } from "./locks/lock_storage.ts";
import { lockRecords } from "./locks/records.ts";
import type { Instances } from "./rclone/instances.ts";
import type { Looked, RestServer } from "./rclone/rest_server.ts";
import { restServers } from "./rclone/rest_servers.ts";
import { Troubles } from "./rclone/troubles.ts";
import { Uploads } from "./rclone/uploads.ts";
import { within } from "./within.ts";

/** After a request has failed. What is slower than this and not broken is found to answer with the next request that goes well. */
const ANSWER_WITHIN_MS = 30_000;

/** What the gateway asks the storages for itself, through their rclones. */
export type Storages = {
  /** an instance's REST server; undefined where it cannot be had now */
  readonly server: (instance: string, which: "rest-append" | "rest-full") => Promise<RestServer | undefined>;
  /** whether something is stored under a request's path */
  readonly look: (instance: string, path: string) => Promise<Looked["kind"]>;
  /** whether the storage behind an instance answers a question */
  readonly answers: (instance: string) => Promise<boolean>;
  readonly uploads: Uploads;
  readonly locks: Locks;
  readonly troubles: Troubles;
};

/** The storages behind the instances. `instanceOf` says which one serves a destination now. */
export function storages(instances: Instances, parts: {
  readonly stateDir: string;
  readonly instanceOf: (destination: string) => string | undefined;
  readonly log: (message: string) => void;
}): Storages {
  const { log } = parts;
  const server = restServers(instances);
  const look: Storages["look"] = async (instance, path) =>
    (await (await server(instance, "rest-append"))?.look(path))?.kind ?? "unknown";
  const answers: Storages["answers"] = async (name) =>
    await look(name, `/${name.split(".")[0]}/gateway/config`) !== "unknown";
  return {
    server,
    look,
    answers,
    uploads: new Uploads({ server, log, now: () => performance.now() }),
    locks: new Locks(
      lockRecords(`${parts.stateDir}/locks`),
      lockStorage(async (destination) => {
        const instance = parts.instanceOf(destination);
        return instance === undefined ? undefined : await server(instance, "rest-append");
      }),
    ),
    troubles: new Troubles({
      async answers(name) {
        const instance = instances.instance(name);
        // Of one that is no more there is no trouble.
        return instance === undefined ||
          (await within(answers(name), ANSWER_WITHIN_MS))?.value === true;
      },
      log,
      now: Date.now,
      later: setTimeout,
    }),
  };
}
