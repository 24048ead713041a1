/** Where something listens. */
export type Address = { readonly host: string; readonly port: number };

/** Who logs in, and what they find: as a form would ask for it, whatever rclone calls it. */
export type Login = {
  /** the user, or the access key */
  readonly user: string;
  /** the password, or the access key's secret, in the clear */
  readonly password: string;
  /** the bucket or share; the folder where the server has neither */
  readonly root: string;
};

/** A place that rclone can reach: a remote and the path on it. */
export type Place = {
  readonly login: Login;
  /** the remote's parameters, passwords in the clear */
  readonly parameters: readonly (readonly [key: string, value: string])[];
  /** the keys whose values rclone wants obscured */
  readonly obscured: readonly string[];
  /** what follows `remote:`, without a slash at its end */
  readonly path: string;
};

/** The same place with another password, in the login as in the parameters. */
export function withPassword(place: Place, password: string): Place {
  return {
    ...place,
    login: { ...place.login, password },
    parameters: place.parameters.map(([key, value]) => [
      key,
      value === place.login.password ? password : value,
    ]),
  };
}

/** A place beside it on the same remote: another bucket, share or folder, there or not. */
export function withRoot(place: Place, root: string): Place {
  return { ...place, login: { ...place.login, root }, path: root };
}
