import type { Address } from "./place.ts";

/** Something that accepts connections and never answers: what a broken firewall or a stopped server looks like. */
export type Silent = AsyncDisposable & Address & {
  /** how many connections were made so far */
  readonly connections: number;
};

export function startSilent(port = 0): Silent {
  const listener = Deno.listen({ hostname: "127.0.0.1", port });
  const open: Deno.Conn[] = [];
  const accepting = (async () => {
    // Ends with the listener.
    for await (const connection of listener) open.push(connection);
  })();
  return {
    host: "127.0.0.1",
    port: listener.addr.port,
    get connections() {
      return open.length;
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
      for (const connection of open) connection.close();
    },
  };
}
