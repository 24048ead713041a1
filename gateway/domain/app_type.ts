/** The kind of application behind a module, such as `dokuwiki`: never empty, never ends with a digit. */
export type AppType = string & { readonly appType: unique symbol };

// Starts with a letter, so that "." and ".." can never be one; no dot at all, so that the manifest
// `<app type>/<uuid>.json` is the only name with a dot in it.
const APP_TYPE = /^[a-z][a-z0-9_-]*$/;

/** The text as an app type, or undefined. */
export function parseAppType(text: string): AppType | undefined {
  return APP_TYPE.test(text) && !/[0-9]$/.test(text) ? text as AppType : undefined;
}

/**
 * The app type of a module: its id without the trailing digits. The one rule, used everywhere.
 * Undefined where nothing would be left, or where the rest is not an app type.
 */
export function appTypeOf(moduleId: string): AppType | undefined {
  return parseAppType(moduleId.replace(/[0-9]+$/, ""));
}
