import type { Remote } from "../domain/destination.ts";

/**
 * One remote as a section of rclone.conf. Throws where a name or a value cannot be written so that rclone reads
 * back the same: then the destination is set aside, and nothing is half right.
 *
 * What cannot be written, in the dialect of rclone's INI library (unknwon/goconfig): control characters, because a
 * value ends with its line; `%(name)s`, because it is replaced by another key's value.
 */
export function renderRcloneConf(section: string, remote: Remote): string {
  if (!/^[A-Za-z0-9_-]+$/.test(section)) {
    throw new Error(`Cannot write section ${JSON.stringify(section)} of rclone.conf`);
  }
  const lines = [`[${section}]`];
  for (const [key, value] of remote.parameters) {
    if (!/^[A-Za-z0-9_]+$/.test(key)) {
      throw new Error(`Cannot write key ${JSON.stringify(key)} of rclone.conf`);
    }
    lines.push(`${key} = ${quoted(key, value)}`);
  }
  return lines.join("\n") + "\n";
}

function quoted(key: string, value: string): string {
  const refuse = (what: string): never => {
    throw new Error(`Cannot write the value of ${key} to rclone.conf: ${what}`);
  };
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x1f\x7f\u0085\u2028\u2029]/.test(value)) refuse("it holds a control character or a line break");
  if (/%\([^)]*\)s/.test(value)) refuse("it holds %(…)s, which rclone replaces");
  const bare = value === value.trim() && !value.startsWith("`") && !value.startsWith('"""');
  if (bare) return value;
  if (!value.includes("`")) return "`" + value + "`";
  if (!value.includes('"""') && !value.endsWith('"')) return `"""${value}"""`;
  return refuse("it begins or ends with a blank or a quote, and holds every kind of quote");
}
