import assert from "node:assert/strict";
import type { RcloneServer } from "../../../../gateway/domain/decision.ts";
import { type RcloneControl, RcloneError, RcloneSilent } from "../../../../gateway/rclone/control.ts";
import { Instances, type Readiness } from "../../../../gateway/rclone/instances.ts";
import type { Instance } from "../../../../gateway/render/bundle.ts";
import { uuid } from "../../given.ts";
import { nameOf, REPOSITORY, type RepositoryFolder, repositoryFolder } from "./repository_folder.ts";

const A: Instance = {
  name: `${uuid("a")}.1`,
  destination: uuid("a"),
  fs: `${uuid("a")}:bucket`,
  rcloneConf: `[${uuid("a")}]\ntype = s3\n`,
  localFolder: undefined,
};
const B: Instance = { ...A, name: `${uuid("b")}.1`, destination: uuid("b"), fs: `${uuid("b")}:bucket` };
const MINUTE = 60_000;

/** Instances over made-up processes of rclone; everything that happens is in `events`, in order. */
class Given implements AsyncDisposable {
  readonly events: string[] = [];
  readonly log: string[] = [];
  /** control socket -> sockets of the servers that run there */
  readonly servers = new Map<string, string[]>();
  readonly marks = new Map<string, number>();
  /** What happens while a server is being started, and while rclone is asked what runs. */
  onStart: (server: RcloneServer, destination: string) => Promise<void> = () => Promise.resolve();
  onList: () => Promise<void> = () => Promise.resolve();
  onSupervise: (name: string) => Promise<void> = () => Promise.resolve();
  open = 0;
  /** what is wrong with every disk */
  disk: Error | undefined;

  private constructor(readonly folder: RepositoryFolder, readonly instances: Instances) {}

  static async create(): Promise<Given> {
    const folder = await repositoryFolder();
    const given: Given = new Given(
      folder,
      new Instances(
        folder.path,
        {
          supervised: {
            start: async (name) => {
              given.events.push(`supervise ${name}`);
              await given.onSupervise(name);
            },
            stop: (name) => Promise.resolve(void given.events.push(`stop ${name}`)),
          },
          marks: {
            lastAlive: (destination) => Promise.resolve(given.marks.get(destination)),
            swept: (destination) => Promise.resolve(void given.marks.delete(destination)),
            alive: (destination) => Promise.resolve(void given.marks.set(destination, Date.now())),
            clean: (destination) => Promise.resolve(void given.marks.delete(destination)),
          },
          disks: {
            check: () => given.disk === undefined ? Promise.resolve() : Promise.reject(given.disk),
          },
          control: (socket) => given.control(socket),
          log: (message) => given.log.push(message),
        },
      ),
    );
    return given;
  }

  control(controlSocket: string): RcloneControl {
    this.open++;
    const running = this.servers.get(controlSocket) ?? [];
    this.servers.set(controlSocket, running);
    return {
      servers: async () => {
        await this.onList();
        return [...this.servers.get(controlSocket) ?? []];
      },
      startServer: async (server, fs, destination, socket) => {
        this.events.push(`start ${server} ${fs}`);
        await this.onStart(server, destination);
        this.servers.get(controlSocket)?.push(socket);
      },
      close: () => void this.open--,
    };
  }

  /** rclone of an instance is killed and started again: no server runs any more. */
  restarted(instance: Instance): void {
    this.servers.set(`${this.folder.path}/${instance.name}/control.sock`, []);
  }

  started(): string[] {
    return this.events.filter((event) => event.startsWith("start "));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.folder[Symbol.asyncDispose]();
    assert.equal(this.open, 0, "a connection to rclone was left open");
  }
}

/** The wall clock and the other one, in the test's hands until the end of its scope. */
function stoppedClock(): Disposable & { forward(ms: number): void } {
  const { now } = Date;
  const monotonic = performance.now.bind(performance);
  let offset = 0;
  const stopped = now();
  Date.now = () => stopped + offset;
  performance.now = () => monotonic() + offset;
  return {
    forward: (ms) => void (offset += ms),
    [Symbol.dispose]() {
      Date.now = now;
      performance.now = monotonic;
    },
  };
}

const because = (readiness: Readiness): string => readiness.kind === "ready" ? "ready" : readiness.because;

Deno.test("a_server_is_started_at_first_use_and_only_once", async () => {
  await using given = await Given.create();
  await given.instances.adopt([A]);
  assert.deepEqual(given.instances.state(A.name), { kind: "idle" });
  assert.deepEqual(given.events, [], "adopting starts nothing");
  const asked = Array.from({ length: 5 }, () => given.instances.ready(A.name, "rest-append"));
  assert.deepEqual(given.instances.state(A.name), { kind: "starting" });
  assert.deepEqual((await Promise.all(asked)).map(because), Array(5).fill("ready"));
  assert.deepEqual(given.started(), [`start rest-append ${A.fs}`]);
  assert.deepEqual(given.instances.state(A.name), { kind: "serving", servers: ["rest-append"] });
  assert.ok(given.marks.has(A.destination), "an upload may be in flight from now on");
});

Deno.test("one_start_at_a_time", async () => {
  await using given = await Given.create();
  await given.instances.adopt([A]);
  let starting = 0;
  let most = 0;
  given.onStart = async () => {
    most = Math.max(most, ++starting);
    await new Promise((resolve) => setTimeout(resolve, 5));
    starting--;
  };
  const servers = ["rest-append", "rest-full", "webdav-read", "webdav-full"] as const;
  const asked = [...servers, ...servers].map((server) => given.instances.ready(A.name, server));
  assert.deepEqual((await Promise.all(asked)).map(because), Array(8).fill("ready"));
  assert.equal(most, 1);
  assert.deepEqual(given.started(), servers.map((server) => `start ${server} ${A.fs}`));
  assert.deepEqual(given.instances.state(A.name), { kind: "serving", servers });
});

Deno.test("its_configuration_is_there_before_the_process_is", async () => {
  await using given = await Given.create();
  await given.instances.adopt([A]);
  let found = "";
  let mode = 0;
  given.onSupervise = async (name) => {
    found = await Deno.readTextFile(`${given.folder.path}/${name}/rclone.conf`);
    mode = (await Deno.stat(`${given.folder.path}/${name}/rclone.conf`)).mode ?? 0;
  };
  await given.instances.ready(A.name, "rest-append");
  assert.equal(found, A.rcloneConf);
  assert.equal(mode & 0o777, 0o600);
});

Deno.test("a_rotated_token_is_not_overwritten", async () => {
  await using given = await Given.create();
  await given.instances.adopt([A]);
  await given.instances.ready(A.name, "rest-append");
  const rotated = `${A.rcloneConf}token = new\n`;
  await Deno.writeTextFile(`${given.folder.path}/${A.name}/rclone.conf`, rotated);
  given.restarted(A);
  await given.instances.ready(A.name, "rest-append");
  assert.equal(await Deno.readTextFile(`${given.folder.path}/${A.name}/rclone.conf`), rotated);
});

Deno.test("a_failure_is_not_tried_again_before_a_growing_pause", async () => {
  using clock = stoppedClock();
  await using given = await Given.create();
  await given.instances.adopt([A]);
  given.onStart = () => Promise.reject(new RcloneError("bucket does not exist"));
  const since = Date.now();
  const pauses: number[] = [];
  for (let failure = 1; failure <= 8; failure++) {
    assert.equal(because(await given.instances.ready(A.name, "rest-append")), "bucket does not exist");
    assert.equal(given.started().length, failure);
    const state = given.instances.state(A.name);
    assert.ok(state.kind === "failing");
    assert.equal(state.since, since, "it fails since the first failure");
    assert.equal(state.because, "bucket does not exist");
    pauses.push(state.retryAt - Date.now());
    clock.forward(state.retryAt - Date.now() - 1);
    assert.equal(because(await given.instances.ready(A.name, "rest-full")), "bucket does not exist");
    assert.equal(given.started().length, failure, "not asked again within the pause");
    clock.forward(1);
  }
  assert.deepEqual(pauses, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
});

Deno.test("a_recovery_resets_the_pause", async () => {
  using clock = stoppedClock();
  await using given = await Given.create();
  await given.instances.adopt([A]);
  const fail = (): Promise<never> => Promise.reject(new RcloneError("away"));
  const retryIn = (): number => {
    const state = given.instances.state(A.name);
    return state.kind === "failing" ? state.retryAt - Date.now() : NaN;
  };
  given.onStart = fail;
  await given.instances.ready(A.name, "rest-append");
  clock.forward(1000);
  await given.instances.ready(A.name, "rest-append");
  assert.equal(retryIn(), 2000);
  clock.forward(2000);
  given.onStart = () => Promise.resolve();
  assert.equal(because(await given.instances.ready(A.name, "rest-append")), "ready");
  assert.ok(given.log.some((line) => line.includes("served again")), given.log.join("\n"));
  given.restarted(A);
  given.onStart = fail;
  const again = Date.now();
  await given.instances.ready(A.name, "rest-append");
  assert.equal(retryIn(), 1000);
  const state = given.instances.state(A.name);
  assert.ok(state.kind === "failing" && state.since === again);
});

Deno.test("whoever_waits_for_a_start_that_fails_is_told_so_without_another_start", async () => {
  await using given = await Given.create();
  await given.instances.adopt([A]);
  given.onStart = () => Promise.reject(new RcloneError("away"));
  const asked = (["rest-append", "rest-full", "webdav-read"] as const).map((server) =>
    given.instances.ready(A.name, server)
  );
  assert.deepEqual((await Promise.all(asked)).map(because), ["away", "away", "away"]);
  assert.equal(given.started().length, 1);
});

Deno.test("any_error_is_a_reason_and_not_an_exception", async () => {
  await using given = await Given.create();
  await given.instances.adopt([A]);
  given.onSupervise = () => Promise.reject(new Error("no supervisor"));
  assert.equal(because(await given.instances.ready(A.name, "rest-append")), "no supervisor");
});

Deno.test("one_failing_or_hanging_instance_does_not_hold_up_another", async () => {
  await using given = await Given.create();
  await given.instances.adopt([A, B]);
  const { promise: hang, resolve } = Promise.withResolvers<void>();
  given.onStart = (_, destination) => destination === A.destination ? hang : Promise.resolve();
  const hanging = given.instances.ready(A.name, "rest-append");
  assert.equal(because(await given.instances.ready(B.name, "rest-append")), "ready");
  assert.deepEqual(given.instances.state(A.name), { kind: "starting" });
  await given.instances.heartbeat();
  resolve();
  assert.equal(because(await hanging), "ready");
});

Deno.test("a_process_that_has_just_been_started_may_be_silent_for_a_while", async () => {
  await using given = await Given.create();
  await given.instances.adopt([A]);
  let silent = 3;
  given.onList = () => silent-- > 0 ? Promise.reject(new RcloneSilent("silent")) : Promise.resolve();
  assert.equal(because(await given.instances.ready(A.name, "rest-append")), "ready");
});

Deno.test("a_process_that_stays_silent_is_a_failure", async () => {
  using clock = stoppedClock();
  await using given = await Given.create();
  await given.instances.adopt([A]);
  given.onList = () => {
    clock.forward(1000);
    return Promise.reject(new RcloneSilent("rclone does not answer"));
  };
  assert.equal(because(await given.instances.ready(A.name, "rest-append")), "rclone does not answer");
});

const WHOLE = "the whole content";
const OBJECT = `${REPOSITORY}/locks/${nameOf(WHOLE)}`;
const OTHER = `${REPOSITORY}/keys/${nameOf(WHOLE)}`;

/** A local destination whose folder holds one torn object and one whole one. */
async function local(given: Given, repositories: RepositoryFolder, age = 0): Promise<Instance> {
  await repositories.write(OBJECT, WHOLE.slice(1), age);
  await repositories.write(OTHER, WHOLE, age);
  const instance = { ...A, localFolder: repositories.path };
  await given.instances.adopt([instance]);
  return instance;
}

Deno.test("torn_objects_are_gone_before_a_server_starts", async () => {
  await using given = await Given.create();
  await using repositories = await repositoryFolder();
  await local(given, repositories);
  given.marks.set(A.destination, Date.now());
  let atStart: string[] = [];
  given.onStart = async () => void (atStart = await repositories.there(OBJECT, OTHER));
  assert.equal(because(await given.instances.ready(A.name, "rest-append")), "ready");
  assert.deepEqual(atStart, [OTHER]);
  assert.ok(given.log.some((line) => line.includes(OBJECT)), "what was removed is told");
});

Deno.test("torn_objects_are_gone_after_rclone_was_killed_while_the_gateway_ran", async () => {
  await using given = await Given.create();
  await using repositories = await repositoryFolder();
  const instance = await local(given, repositories);
  await given.instances.ready(A.name, "rest-append");
  assert.deepEqual(await repositories.there(OBJECT), [OBJECT], "no mark, no sweep");
  given.restarted(instance);
  assert.equal(because(await given.instances.ready(A.name, "webdav-read")), "ready");
  assert.deepEqual(await repositories.there(OBJECT, OTHER), [OTHER]);
});

Deno.test("nothing_is_swept_without_need", async (test) => {
  await test.step("no_mark", async () => {
    await using given = await Given.create();
    await using repositories = await repositoryFolder();
    await local(given, repositories);
    await given.instances.ready(A.name, "rest-append");
    assert.deepEqual(await repositories.there(OBJECT), [OBJECT]);
  });
  await test.step("a_server_runs_already", async () => {
    await using given = await Given.create();
    await using repositories = await repositoryFolder();
    const instance = await local(given, repositories);
    given.marks.set(A.destination, Date.now());
    const folder = `${given.folder.path}/${instance.name}`;
    given.servers.set(`${folder}/control.sock`, [`${folder}/webdav-read.sock`]);
    await given.instances.ready(A.name, "rest-append");
    assert.deepEqual(
      await repositories.there(OBJECT),
      [OBJECT],
      "what looks torn may be an upload in flight",
    );
  });
  await test.step("long_before_the_mark", async () => {
    await using given = await Given.create();
    await using repositories = await repositoryFolder();
    await local(given, repositories, 20 * MINUTE);
    given.marks.set(A.destination, Date.now());
    await given.instances.ready(A.name, "rest-append");
    assert.deepEqual(await repositories.there(OBJECT), [OBJECT]);
  });
  await test.step("not_on_this_nodes_disk", async () => {
    await using given = await Given.create();
    await given.instances.adopt([A]);
    given.marks.set(A.destination, Date.now());
    assert.equal(because(await given.instances.ready(A.name, "rest-append")), "ready");
  });
});

Deno.test("an_upload_that_stalled_before_the_kill_is_found", async () => {
  await using given = await Given.create();
  await using repositories = await repositoryFolder();
  await local(given, repositories, 10 * MINUTE);
  given.marks.set(A.destination, Date.now());
  await given.instances.ready(A.name, "rest-append");
  assert.deepEqual(await repositories.there(OBJECT), []);
});

Deno.test("a_disk_that_cannot_be_swept_is_not_served_and_keeps_its_mark", async () => {
  await using given = await Given.create();
  await given.instances.adopt([{ ...A, localFolder: `${given.folder.path}/not-there` }]);
  const mark = Date.now() - 5 * MINUTE;
  given.marks.set(A.destination, mark);
  assert.match(because(await given.instances.ready(A.name, "rest-append")), /NotFound/);
  assert.equal(given.marks.get(A.destination), mark);
  assert.deepEqual(given.started(), []);
});

Deno.test("only_what_really_serves_is_said_to_be_alive", async () => {
  using clock = stoppedClock();
  await using given = await Given.create();
  await given.instances.adopt([A, B]);
  await given.instances.ready(A.name, "rest-append");
  const started = given.marks.get(A.destination);
  clock.forward(MINUTE);
  await given.instances.heartbeat();
  assert.equal(given.marks.get(A.destination), (started ?? 0) + MINUTE);
  assert.ok(!given.marks.has(B.destination), "idle");
  // Killed, restarted by the supervisor, and not used since: what it left torn is as old as the kill.
  given.restarted(A);
  for (let minute = 0; minute < 60; minute++) {
    clock.forward(MINUTE);
    await given.instances.heartbeat();
  }
  assert.equal(given.marks.get(A.destination), (started ?? 0) + MINUTE);
  given.onList = () => Promise.reject(new RcloneSilent("silent"));
  await given.instances.heartbeat();
  assert.equal(given.marks.get(A.destination), (started ?? 0) + MINUTE);
});

Deno.test("an_instance_that_is_not_known_is_not_ready", async () => {
  await using given = await Given.create();
  await given.instances.adopt([A]);
  for (const name of [B.name, "", "../x", "__proto__"]) {
    assert.match(because(await given.instances.ready(name, "rest-append")), /configuration has just changed/);
    assert.equal(given.instances.instance(name), undefined);
  }
  assert.deepEqual(given.events, []);
});

Deno.test("adopting_again_changes_nothing_that_runs", async () => {
  await using given = await Given.create();
  await given.instances.adopt([A]);
  await given.instances.ready(A.name, "rest-append");
  await given.instances.adopt([B, A]);
  assert.deepEqual(given.instances.state(A.name), { kind: "serving", servers: ["rest-append"] });
  assert.deepEqual(given.instances.state(B.name), { kind: "idle" });
});

Deno.test("retiring_stops_only_what_is_not_kept", async () => {
  await using given = await Given.create();
  const next: Instance = { ...A, name: `${uuid("a")}.2` };
  await given.instances.adopt([A, B, next]);
  await given.instances.ready(A.name, "rest-append");
  await given.instances.ready(B.name, "rest-append");
  await given.instances.ready(next.name, "rest-append");
  await given.instances.retire(new Set([B.name, next.name]));
  assert.deepEqual(given.events.filter((event) => event.startsWith("stop")), [`stop ${A.name}`]);
  assert.equal(given.instances.instance(A.name), undefined);
  assert.deepEqual(await given.folder.there(A.name, B.name, next.name), [B.name, next.name]);
  assert.ok(given.marks.has(A.destination), "its successor serves the same destination");
  await given.instances.retire(new Set([next.name]));
  assert.ok(!given.marks.has(B.destination), "it ended in order, and nothing else serves the destination");
  assert.match(because(await given.instances.ready(B.name, "rest-append")), /just changed/);
});

Deno.test("what_never_started_can_be_retired", async () => {
  await using given = await Given.create();
  await given.instances.adopt([A]);
  await given.instances.retire(new Set());
  assert.equal(given.instances.instance(A.name), undefined);
});

Deno.test("an_instance_whose_disk_has_gone_ends_and_says_so", async () => {
  await using given = await Given.create();
  const local: Instance = { ...A, localFolder: given.folder.path };
  await given.instances.adopt([local, B]);
  for (const { name } of [local, B]) await given.instances.ready(name, "rest-append");
  given.disk = new Error("its disk is not there");
  await given.instances.checkDisks();
  assert.ok(given.events.includes(`stop ${A.name}`));
  assert.ok(!given.events.includes(`stop ${B.name}`), "only who has a disk");
  assert.equal(because(await given.instances.ready(A.name, "rest-append")), "its disk is not there");
  assert.equal(given.instances.state(B.name).kind, "serving");
  given.disk = undefined;
  given.restarted(local);
  using clock = stoppedClock();
  clock.forward(2000);
  assert.equal(because(await given.instances.ready(A.name, "rest-append")), "ready");
});
