import type { Container } from "../integration/harness/podman.ts";

/** Clock ticks a second in /proc: 100 on every Linux that Debian runs on (USER_HZ). */
const TICKS_PER_SECOND = 100;

/** A process with the short name under which its time is told. */
export type Process = { readonly pid: number; readonly part: string };

/** User and system time of a line of /proc/<pid>/stat, in milliseconds. Its second field is a name with anything in it. */
export function processorMilliseconds(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  // Fields 14 and 15 of proc_pid_stat(5); what is left of the line begins with field 3.
  return (Number(fields[11]) + Number(fields[12])) * 1000 / TICKS_PER_SECOND;
}

/** Which part of the gateway a command line is. */
export function partOf(command: string): string {
  const known: [RegExp, string][] = [
    [/authz\/main\.js/, "sidecar"],
    [/gateway\/controller\.js/, "controller"],
    [/^haproxy /, "haproxy"],
    [/^rclone /, "rclone"],
    [/rest-server/, "rest-server"],
    [/^s6-/, "s6"],
  ];
  return known.find(([pattern]) => pattern.test(command))?.[1] ?? "other";
}

/** The processes of a container, by part. */
export async function processesOf(container: Container, part = /./): Promise<Process[]> {
  return (await container.processes()).map(({ pid, command }) => ({ pid, part: partOf(command) }))
    .filter((process) => part.test(process.part));
}

/** What the processes have used since they started, in milliseconds; those that have ended are left out. */
export function usedBy(processes: readonly Process[]): Map<number, number> {
  const used = new Map<number, number>();
  for (const { pid } of processes) {
    try {
      used.set(pid, processorMilliseconds(Deno.readTextFileSync(`/proc/${pid}/stat`)));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound) && !/No such process/.test(String(error))) throw error;
    }
  }
  return used;
}

/** What the processes use while `work` lasts, in milliseconds by part, and what `work` returns. */
export async function timed<T>(
  processes: readonly Process[],
  work: () => Promise<T>,
): Promise<{ value: T; milliseconds: Record<string, number> }> {
  const before = usedBy(processes);
  const value = await work();
  const after = usedBy(processes);
  const milliseconds: Record<string, number> = {};
  for (const { pid, part } of processes) {
    const used = (after.get(pid) ?? before.get(pid) ?? 0) - (before.get(pid) ?? 0);
    milliseconds[part] = (milliseconds[part] ?? 0) + used;
  }
  return { value, milliseconds };
}

export function total(milliseconds: Readonly<Record<string, number>>): number {
  return Object.values(milliseconds).reduce((sum, part) => sum + part, 0);
}
