import { STORAGE_LINK } from "./network.ts";
import { type Namespace, startNamespace } from "./namespace.ts";

/** Packets between a node and the storage that go astray, until the end of the scope. */
export type Astray = AsyncDisposable & {
  /** how many were lost so far */
  lost(): Promise<number>;
  /** how many the node has sent once more so far, whatever for */
  resent(): Promise<number>;
};

/** A way to disturb packets: hosts differ in what their kernels have for it. */
export type Disturbance = {
  /** Whether this host can do it: tried in a namespace of its own. */
  possible(): Promise<boolean>;
  on(node: Namespace): Promise<Astray>;
};

/** What the node sends is delayed by 200 ms, and 2 % of it lost. */
export const DELAYED_AND_LOST: Disturbance = disturbance({
  begin: (link) => [["tc", "qdisc", "add", "dev", link, "root", "netem", "delay", "200ms", "loss", "2%"]],
  end: (link) => [["tc", "qdisc", "delete", "dev", link, "root"]],
  count: (link) => ["tc", "-s", "qdisc", "show", "dev", link],
  counted: /\(dropped ([0-9]+)/g,
});

/** Of what the node sends and receives, 2 % is lost. */
export const LOST: Disturbance = disturbance({
  begin: (link) => [["OUTPUT", "-o"], ["INPUT", "-i"]].map((words) => rule("--append", words, link)),
  end: (link) => [["OUTPUT", "-o"], ["INPUT", "-i"]].map((words) => rule("--delete", words, link)),
  count: () => ["iptables", "--wait", "--list", "--numeric", "--verbose", "--exact"],
  // Packets, bytes, target.
  counted: /^ *([0-9]+) +[0-9]+ +DROP /gm,
});

function rule(action: string, [chain = "", direction = ""]: readonly string[], link: string): string[] {
  return [
    ...["iptables", "--wait", action, chain, direction, link],
    ...["--match", "statistic", "--mode", "random", "--probability", "0.02", "--jump", "DROP"],
  ];
}

type Command = readonly string[];

function disturbance(commands: {
  begin: (link: string) => readonly Command[];
  end: (link: string) => readonly Command[];
  count: (link: string) => Command;
  counted: RegExp;
}): Disturbance {
  const inside = (namespace: Namespace, [program = "", ...args]: Command): Promise<string> =>
    namespace.inside(program, ...args);
  const all = async (namespace: Namespace, list: readonly Command[]): Promise<void> => {
    for (const command of list) await inside(namespace, command);
  };
  return {
    async possible() {
      await using trial = await startNamespace();
      return await all(trial, commands.begin("lo")).then(() => true, () => false);
    },
    async on(node) {
      const lost = async (): Promise<number> =>
        [...(await inside(node, commands.count(STORAGE_LINK))).matchAll(commands.counted)]
          .reduce((sum, [, count]) => sum + Number(count), 0);
      await all(node, commands.begin(STORAGE_LINK));
      return {
        lost,
        resent: () => resent(node),
        [Symbol.asyncDispose]: () => all(node, commands.end(STORAGE_LINK)),
      };
    },
  };
}

/** The kernel's own count, of all connections of the namespace (RFC 4022, tcpRetransSegs). */
async function resent(node: Namespace): Promise<number> {
  const [names, values] = (await node.inside("cat", "/proc/self/net/snmp")).split("\n")
    .filter((line) => line.startsWith("Tcp:")).map((line) => line.split(" "));
  const value = values?.[names?.indexOf("RetransSegs") ?? -1];
  if (value === undefined) throw new Error("The kernel does not tell how many segments were sent again");
  return Number(value);
}
