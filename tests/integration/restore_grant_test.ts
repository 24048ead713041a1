import assert from "node:assert/strict";
import type { Leader } from "../../backup/restore/grant.ts";
import { type GrantEvent, withGrant } from "../../backup/restore/with_grant.ts";
import { DOKUWIKI1, DOKUWIKI2, MAIL1 } from "./harness/cluster.ts";
import { startRedis } from "./harness/redis.ts";
import { uuidOf } from "./harness/restoring.ts";

const GRANTS = "private/nodes/restore_uuid";
const [reader, source] = [uuidOf(DOKUWIKI2), uuidOf(DOKUWIKI1)];
const TTL = 1500;
const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

Deno.test("a_grant_lasts_as_long_as_the_restore_and_leaves_what_was_there", async (t) => {
  await using redis = await startRedis();
  const held = (): Promise<string | null> => redis.client.hGet(GRANTS, reader);
  const left = async (): Promise<number> => (await redis.client.hpTTL(GRANTS, [reader]))?.[0] ?? -2;
  const leader: Leader = async (run) => {
    const own = redis.client.duplicate();
    await own.connect();
    try {
      return await run(own);
    } finally {
      own.destroy();
    }
  };
  const run = async <T>(
    work: () => Promise<T>,
    options: { signal?: AbortSignal; leader?: Leader } = {},
  ): Promise<{ result: Awaited<ReturnType<typeof withGrant<T>>>; told: GrantEvent[] }> => {
    const told: GrantEvent[] = [];
    const result = await withGrant({
      leader: options.leader ?? leader,
      reader,
      source,
      ttlMs: TTL,
      signal: options.signal ?? new AbortController().signal,
      tell: (event) => void told.push(event),
    }, work);
    return { result, told };
  };
  const kinds = (told: readonly GrantEvent[]): string => told.map(({ kind }) => kind).join();

  await t.step("renewed beyond its time to live, and gone at the end", async () => {
    const { told } = await run(async () => {
      await pause(2 * TTL);
      assert.equal(await held(), source);
      assert(await left() <= TTL);
    });
    assert.equal(kinds(told), "made,released");
    assert.equal(await redis.client.exists(GRANTS), 0);
  });
  await t.step("gone when the work throws", async () => {
    await assert.rejects(run(() => Promise.reject(new Error("no space"))), /no space/);
    assert.equal(await redis.client.exists(GRANTS), 0);
  });
  await t.step("gone at once when it is interrupted, whatever the work does", async () => {
    const controller = new AbortController();
    await run(async () => {
      controller.abort();
      await pause(500);
      assert.equal(await held(), null);
    }, { signal: controller.signal });
  });
  await t.step("others' grants are not touched, though they change meanwhile", async () => {
    await Promise.all([
      run(() => pause(300)),
      (async () => {
        for (let index = 0; index < 200; index++) {
          await redis.client.hSet(GRANTS, MAIL1.uuid, `${index}`);
          await pause(2);
        }
      })(),
    ]);
    assert.deepEqual({ ...await redis.client.hGetAll(GRANTS) }, { [MAIL1.uuid]: "199" });
    await redis.client.del(GRANTS);
  });
  await t.step("one that stood for longer, or for good, stands as it did", async () => {
    await redis.client.hSet(GRANTS, reader, source);
    assert.equal(kinds((await run(() => pause(TTL))).told), "before,released");
    assert.deepEqual([await held(), await left()], [source, -1]);
    await redis.client.hpExpire(GRANTS, [reader], 60_000);
    await run(() => pause(TTL));
    assert(await left() > 50_000 && await left() <= 60_000 - TTL);
  });
  await t.step("one that would have ended meanwhile is gone afterwards, and not before", async () => {
    await redis.client.hpExpire(GRANTS, [reader], 400);
    await run(async () => {
      await pause(TTL);
      assert.equal(await held(), source);
    });
    assert.equal(await held(), null);
  });
  await t.step("one for another source is left, and told", async () => {
    await redis.client.hSet(GRANTS, reader, MAIL1.uuid);
    const { result } = await run(() => assert.fail("it ran"));
    assert.deepEqual(result, { other: MAIL1.uuid, secondsLeft: undefined });
    assert.equal(await held(), MAIL1.uuid);
    await redis.client.del(GRANTS);
  });
  await t.step("one that an operator takes away meanwhile is not made again", async () => {
    const { told } = await run(async () => {
      await redis.client.hDel(GRANTS, reader);
      await pause(TTL);
      assert.equal(await held(), null);
    });
    assert(told.some(({ kind }) => kind === "gone"));
  });
  await t.step("one that an operator makes theirs meanwhile stays", async () => {
    await run(async () => {
      await redis.client.hSet(GRANTS, reader, source);
      await pause(TTL);
    });
    assert.deepEqual([await held(), await left()], [source, -1]);
    await redis.client.del(GRANTS);
  });
  await t.step("with the leader gone meanwhile it says so, and the grant ends by itself", async () => {
    let away = false;
    const { told } = await run(async () => {
      away = true;
      await pause(TTL);
    }, { leader: (run) => away ? Promise.reject(new Error("away")) : leader(run) });
    assert.match(kinds(told), /^made(,not-renewed)+,not-released$/);
    assert.equal(await held(), null);
  });
});
