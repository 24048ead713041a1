import type { Owner } from "../owner.ts";

/** The user of a number as /etc/passwd (passwd(5)) has it; undefined where it has none. The first line counts, as for the system. */
export function userOf(passwd: string, uid: number): Owner | undefined {
  for (const line of passwd.split("\n")) {
    const [name = "", , number = "", group = "", , home = ""] = line.split(":");
    if (!/^[0-9]{1,10}$/.test(number) || Number(number) !== uid) continue;
    if (name === "" || !/^[0-9]{1,10}$/.test(group) || !home.startsWith("/")) return undefined;
    return { uid, gid: Number(group), name, home };
  }
  return undefined;
}
