import {
  createClient,
  type RedisClientType,
  type RedisFunctions,
  type RedisModules,
  type RedisScripts,
} from "@redis/client";

import { splitAddress } from "../domain/address.ts";

/** A client of one Redis server that speaks RESP 3. */
export type Redis = RedisClientType<RedisModules, RedisFunctions, RedisScripts, 3>;

/** Where a Redis server is and as whom to log in. `address` is `host:port`. */
export type RedisLogin = { readonly address: string; readonly user: string; readonly password: string };

/** How long a connection may be silent, in its handshake or later, although it is sent a PING meanwhile. */
const SILENT_AFTER_MS = 15_000;

/**
 * A client for commands and tests that is not connected yet; what runs all the time has the one of client.ts.
 * Commands fail at once while there is no connection: nobody here wants an answer from later. A silent connection is given
 * up: one to a stopped Redis stays open for ever. It connects again by itself, after 20 ms at first and after 500 ms at most;
 * not with `once`.
 */
export function redisClient(login: RedisLogin, options: { once?: boolean } = {}): Redis {
  const { host, port } = splitAddress(login.address);
  return createClient({
    RESP: 3,
    // A hosted Redis's notices.
    maintNotifications: "disabled",
    username: login.user,
    password: login.password,
    disableOfflineQueue: true,
    pingInterval: SILENT_AFTER_MS / 3,
    socket: {
      host,
      port,
      connectTimeout: 2000,
      socketTimeout: SILENT_AFTER_MS,
      keepAlive: true,
      reconnectStrategy: options.once
        ? false
        : (retries: number) => Math.min(20 * 2 ** Math.min(retries, 10), 500),
    },
  }) as unknown as Redis;
}
