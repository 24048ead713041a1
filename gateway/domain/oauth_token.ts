/** The key under which rclone keeps what an OAuth provider gave it: JSON, rewritten whenever it is refreshed. */
export const TOKEN_KEY = "token";

/** The parts of such a token that matter here. Source: golang.org/x/oauth2, Token. */
type Token = { readonly refresh_token?: string; readonly expiry?: string };

function parse(text: string): Token | undefined {
  try {
    const token: unknown = JSON.parse(text);
    return typeof token === "object" && token !== null && "access_token" in token
      ? token as Token
      : undefined;
  } catch {
    return undefined; // some backends keep a plain word under this name
  }
}

/** Whether a parameter's value is a token that is refreshed, by this node or by another one. */
export function isOauthToken(key: string, value: string): boolean {
  return key === TOKEN_KEY && parse(value) !== undefined;
}

/** Whether who has this token can refresh it. */
export function canRefresh(value: string): boolean {
  return parse(value)?.refresh_token !== undefined;
}

/**
 * The token for a node that must not refresh it: many refresh tokens are good for one use only, and the second node
 * that uses one makes the provider revoke them all.
 */
export function withoutRefreshToken(value: string): string {
  const { refresh_token: _, ...rest } = parse(value) ?? {};
  return JSON.stringify(rest);
}

/** When it expires (RFC 3339); undefined where it does not say. */
export function tokenExpiry(value: string): string | undefined {
  return parse(value)?.expiry;
}
