/**
 * The parameters in one section of rclone.conf, in the order they stand there. The section's own name does not
 * matter. Throws where the text is not exactly one section.
 *
 * The dialect is that of rclone's INI library (unknwon/goconfig): `key = value` up to the end of the line, comments
 * only at the start of one, no continuation. `;` and `#` inside a value belong to it. A value may be quoted, with
 * backticks or three quotes: rclone does so where it begins or ends with a blank.
 */
export function parseRcloneSection(text: string): [key: string, value: string][] {
  const parameters: [string, string][] = [];
  let sections = 0;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#") || line.startsWith(";")) continue;
    if (line.startsWith("[") && line.endsWith("]")) {
      if (++sections > 1) throw new Error("Cannot read an rclone section: there is more than one section");
      continue;
    }
    const equals = line.indexOf("=");
    const key = line.slice(0, equals).trim();
    if (equals < 0 || !/^[a-z0-9_]+$/i.test(key)) {
      // The line itself may hold a secret: its number has to do.
      throw new Error(`Cannot read an rclone section: line ${index + 1} is not "key = value"`);
    }
    parameters.push([key, unquoted(line.slice(equals + 1).trim(), index + 1)]);
  }
  if (parameters.length === 0) throw new Error("Cannot read an rclone section: it is empty");
  return parameters;
}

function unquoted(value: string, line: number): string {
  const quote = value.startsWith("`") && value.length >= 2
    ? "`"
    : value.startsWith('"""') && value.length >= 6
    ? '"""'
    : "";
  if (quote === "") return value;
  const end = value.lastIndexOf(quote);
  if (end < quote.length) {
    throw new Error(`Cannot read an rclone section: line ${line} has a quote without end`);
  }
  return value.slice(quote.length, end);
}
