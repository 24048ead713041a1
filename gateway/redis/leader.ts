import { RedisClient } from "./client.ts";
import type { RedisLogin } from "./connection.ts";
import type { Reply } from "./resp.ts";

/** Where the leader's Redis is: at an address (`host:port`), or where sentinels say it is now. */
export type Leader =
  | { readonly address: string }
  | {
    readonly sentinels: readonly string[];
    /** what the sentinels call it */
    readonly name: string;
    /** as whom to ask them; one without a password lets everybody in as `default` */
    readonly user: string;
    readonly password: string;
  };

const SILENT_MS = 3000;

/**
 * The address of the leader's Redis now; `login` is for it, not for the sentinels. These are asked one after the other, and what
 * one says is believed where that Redis says so, too: during a failover it may still be the old one (redis.io, guidelines for
 * Sentinel clients). Throws what each of them said.
 */
export async function leaderAddress(leader: Leader, login: Omit<RedisLogin, "address">): Promise<string> {
  if ("address" in leader) return leader.address;
  const { sentinels, name, user, password } = leader;
  const said: string[] = [];
  for (const sentinel of sentinels) {
    try {
      const asked = await ask(
        { address: sentinel, user, password },
        "SENTINEL",
        "GET-MASTER-ADDR-BY-NAME",
        name,
      );
      if (!Array.isArray(asked)) throw new Error(`it knows no ${name}`);
      const [host, port] = asked.map(String);
      const address = `${host?.includes(":") ? `[${host}]` : host}:${port}`;
      const role = await ask({ ...login, address }, "ROLE").catch((error) => {
        throw new Error(`it names ${address}, which cannot be asked (${(error as Error).message})`);
      });
      if (Array.isArray(role) && role[0] === "master") return address;
      throw new Error(`it names ${address}, which does not lead`);
    } catch (error) {
      said.push(`sentinel ${sentinel}: ${(error as Error).message}`);
    }
  }
  throw new Error(said.join("; "));
}

/** One command over a connection of its own. */
async function ask(login: RedisLogin, ...command: string[]): Promise<Reply> {
  const redis = new RedisClient(login, { once: true, silentAfterMs: SILENT_MS });
  redis.on("error", () => {/* told by who asked */});
  await redis.connect();
  try {
    return await redis.send(...command);
  } finally {
    redis.destroy();
  }
}
