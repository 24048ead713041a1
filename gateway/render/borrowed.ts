import { isOauthToken, TOKEN_KEY, withoutRefreshToken } from "../domain/oauth_token.ts";

/**
 * A rendered rclone.conf for a process whose own copy of it is thrown away: OAuth tokens without what refreshes them. A
 * token that was refreshed into such a copy would be lost, and with many providers the one that is stored is then worth
 * nothing any more.
 */
export function borrowed(rcloneConf: string): string {
  return rcloneConf.replace(
    /^token = (.*)$/gm,
    (line, value: string) =>
      isOauthToken(TOKEN_KEY, value) ? `${TOKEN_KEY} = ${withoutRefreshToken(value)}` : line,
  );
}
