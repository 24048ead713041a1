/**
 * An OAuth provider's token endpoint whose refresh tokens are good for one use only, and the storage behind it, which
 * knows nothing but who may ask. rclone is the real one; no real provider can be had in a test.
 */
export function startProvider(): AsyncDisposable & {
  readonly port: number;
  readonly refreshed: string[];
  lives: number;
} {
  const refreshed: string[] = [];
  let valid = "refresh-0";
  const provider = { lives: 3600 };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (incoming) => {
    const { pathname, searchParams } = new URL(incoming.url);
    if (pathname !== "/token") {
      // There is a root, and nothing in it.
      return searchParams.get("path") === "/"
        ? Response.json({ name: "", type: "dir" })
        : Response.json({ code: 404 }, { status: 404 });
    }
    const given = new URLSearchParams(await incoming.text()).get("refresh_token") ?? "";
    refreshed.push(given);
    if (given !== valid) return Response.json({ error: "invalid_grant" }, { status: 400 });
    valid = `refresh-${refreshed.length}`;
    return Response.json({
      access_token: `access-${refreshed.length}`,
      refresh_token: valid,
      token_type: "Bearer",
      expires_in: provider.lives,
    });
  });
  return {
    port: server.addr.port,
    refreshed,
    get lives() {
      return provider.lives;
    },
    set lives(seconds) {
      provider.lives = seconds;
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** A token that is good for so many seconds; with it comes `refresh-0`. */
export const token = (lives: number): string =>
  JSON.stringify({
    access_token: "access-0",
    token_type: "Bearer",
    refresh_token: "refresh-0",
    expiry: new Date(Date.now() + lives * 1000).toISOString(),
  });
/** The section of a destination on that storage. */
export const section = (destination: string, port: number, value: string): string =>
  `[${destination}]\ntype = hidrive\nclient_id = x\nclient_secret = y\ntoken_url = http://127.0.0.1:${port}/token\n` +
  `endpoint = http://127.0.0.1:${port}/api\ntoken = ${value}\n`;
