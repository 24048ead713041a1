import { formatRepositoryPath, type RepositoryPath } from "../../gateway/domain/repository.ts";
import type { Uuid } from "../../gateway/domain/uuid.ts";

/** A repository on a destination. */
export type Repository = { readonly destination: Uuid; readonly path: RepositoryPath };

/** Somebody who may ask the gateway: `node/1` or `module/dokuwiki1`, and the secret. */
export type Credentials = { readonly user: string; readonly secret: string };

/** What restic needs to open a repository: names and values of its environment, secrets among them. */
export type Access = { readonly environment: Readonly<Record<string, string>> };

/**
 * How restic opens a repository through this host's gateway, `http://127.0.0.1:4694`. `password` is the destination's restic
 * password. RESTIC_REST_USERNAME and …_PASSWORD: restic 0.16.1 and newer, and in no message of restic's.
 */
export function accessTo(
  gateway: string,
  { destination, path }: Repository,
  { user, secret }: Credentials,
  password: string,
): Access {
  return {
    environment: {
      RESTIC_REPOSITORY: `rest:${gateway}/${destination}/${formatRepositoryPath(path)}/`,
      RESTIC_REST_USERNAME: user,
      RESTIC_REST_PASSWORD: secret,
      RESTIC_PASSWORD: password,
    },
  };
}

/** `<destination>/<app type>/<module uuid>`: a repository as messages and Redis keys name it. */
export function repositoryName({ destination, path }: Repository): string {
  return `${destination}/${formatRepositoryPath(path)}`;
}
