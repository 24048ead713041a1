import assert from "node:assert/strict";
import type { Ended } from "../harness/podman.ts";
import { rclonegwctlInImage } from "../harness/rclonegwctl.ts";
import type { TestRedis } from "../harness/redis.ts";
import { LOGIN, PORTS, S3_LOGIN } from "./storages.ts";

export const CONF = "private/nodes/backup_destination/rclone_conf";
export const PASSWORDS = "private/agents/backup_destination/restic_password";
export const RESTIC_PASSWORD = "restic-password-of-the-test-7k";
export const OTHER_SECRET = "another-secret-of-the-test-q2";
export const S3 = { ...S3_LOGIN, address: `127.0.0.1:${PORTS.s3}` } as const;
export const S3_URL = `s3:http://${S3.address}/files`;
export const WEBDAV = `127.0.0.1:${PORTS.webdav}`;

/** Everything that any command printed, but for the password that add has made. */
export const printed: string[] = [];

export async function ctl(
  args: string[],
  options: Parameters<typeof rclonegwctlInImage>[1] = {},
): Promise<Ended> {
  const ended = await rclonegwctlInImage(["destination", ...args], options);
  printed.push(ended.stdout, ended.stderr);
  return ended;
}

/** The same, and it has to end with this code. */
export async function ends(
  code: number,
  args: string[],
  options: Parameters<typeof rclonegwctlInImage>[1] = {},
): Promise<Ended> {
  const ended = await ctl(args, options);
  assert.equal(ended.code, code, `destination ${args.join(" ")}: ${ended.stdout}${ended.stderr}`);
  return ended;
}

/** A request as NethServer 8's action takes it. */
export const s3Request = (
  change: Record<string, unknown> = {},
  parameters: Record<string, unknown> = {},
): string =>
  JSON.stringify({
    provider: "generic-s3",
    name: "",
    url: S3_URL,
    password: RESTIC_PASSWORD,
    parameters: { aws_access_key_id: S3.id, aws_secret_access_key: S3.secret, ...parameters },
    ...change,
  });

/** Counts what is published while something runs. */
export async function events<T>(
  redis: TestRedis,
  run: () => Promise<T>,
): Promise<{ result: T; heard: [string, unknown][] }> {
  const heard: [string, unknown][] = [];
  const subscriber = redis.client.duplicate();
  await subscriber.connect();
  await subscriber.pSubscribe(
    "cluster/event/*",
    (message, channel) => void heard.push([channel, JSON.parse(message)]),
  );
  try {
    const result = await run();
    // What was published before this is heard before this.
    await redis.client.publish("cluster/event/end", "0");
    for (let count = 0; count < 100 && heard.at(-1)?.[0] !== "cluster/event/end"; count++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return { result, heard: heard.slice(0, -1) };
  } finally {
    subscriber.destroy();
  }
}

/** Everything in Redis, for comparing: commands that are refused change nothing. */
export async function everything(redis: TestRedis): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const key of (await redis.client.keys("*")).sort()) {
    if (key === "private/nodes/gateway/audit") continue;
    found[key] = await redis.client.type(key) === "hash"
      ? { ...await redis.client.hGetAll(key) }
      : await redis.client.get(key);
  }
  return found;
}

/** Runs commands that have to end with `code`, say this, and change nothing. */
export async function refused(
  t: Deno.TestContext,
  redis: TestRedis,
  cases: readonly (readonly [name: string, args: string[], says: RegExp, code: number, input?: string])[],
): Promise<void> {
  const before = await everything(redis);
  for (const [name, args, says, code, input] of cases) {
    await t.step(name, async () => {
      const { result, heard } = await events(
        redis,
        () => ends(code, args, input === undefined ? {} : { input }),
      );
      assert.match(result.stderr, says);
      assert.deepEqual(heard, []);
      assert.deepEqual(await everything(redis), before);
    });
  }
}

/** A request by which the WebDAV server's folder becomes a destination. */
export const webdavRequest = (address: string): string =>
  JSON.stringify({
    provider: "webdav",
    url: `webdav:http://${address}/files`,
    parameters: { webdav_vendor: "other", webdav_user: LOGIN.user, webdav_pass: LOGIN.password },
  });

/** No command of this file has printed a secret, neither as it is nor in the forms that URLs and JSON give it. */
export function assertNothingSecretPrinted(also: readonly string[] = []): void {
  assert(printed.length > 10);
  const text = printed.join("\n");
  for (const secret of [LOGIN.password, S3.secret, RESTIC_PASSWORD, OTHER_SECRET, ...also]) {
    for (
      const form of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), btoa(secret)]
    ) {
      assert(
        !text.includes(form),
        `a secret was printed: ${text.split("\n").find((line) => line.includes(form))}`,
      );
    }
  }
}
