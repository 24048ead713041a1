import { basic, MAIL1, type TestIdentity } from "../integration/harness/cluster.ts";
import { REST } from "../integration/harness/request.ts";
import { repositoryOf, type Stored } from "./objects.ts";
import type { Toolbox, Work } from "./toolbox.ts";

/** What a run of wrk came to. Latencies in microseconds. */
export type Load = {
  readonly requests: number;
  readonly seconds: number;
  readonly medianUs: number;
  readonly p99Us: number;
  /** connections that failed or were cut, answers that did not come in time, and statuses from 400 */
  readonly errors: number;
};

const MARK = "bench-result ";

/** The path of an object in a module's repository, below a candidate's root. */
export function objectPath(name: string, owner: TestIdentity = MAIL1): string {
  return `/${repositoryOf(owner)}/data/${name}`;
}

/**
 * The script of wrk: all the objects in turn, as restic asks for them, and the result as one line of JSON. Of several modules
 * each has its threads, and so its connections: restic's are one module's, too. In a file and not on a command line: there
 * are secrets in it. The requests are made once, so that wrk costs little.
 */
export function wrkScript(names: readonly string[], modules: readonly TestIdentity[] = [MAIL1]): string {
  const requests = modules.map((module) =>
    `  {\n${
      names.map((name) =>
        `    wrk.format("GET", root .. "${objectPath(name, module)}", { Authorization = "${
          basic(module)
        }", Accept = "${REST}" }),\n`
      ).join("")
    }  },\n`
  ).join("");
  return `local threads = 0
local requests = {}
local turn = 0
function setup(thread)
  thread:set("module", threads % ${modules.length} + 1)
  threads = threads + 1
end
function init()
  local root = wrk.path == "/" and "" or wrk.path
  requests = ({
${requests}  })[module]
end
function request()
  turn = turn % #requests + 1
  return requests[turn]
end
function done(summary, latency)
  local e = summary.errors
  io.write(string.format('${MARK}{"requests":%d,"seconds":%.6f,"medianUs":%d,"p99Us":%d,"errors":%d}\\n', summary.requests,
    summary.duration / 1e6, latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
`;
}

/** The result in what wrk printed. Throws where there is none. */
export function wrkResult(printed: string): Load {
  const line = printed.split("\n").find((line) => line.startsWith(MARK));
  if (line === undefined) throw new Error(`Cannot read wrk's result: it printed ${JSON.stringify(printed)}`);
  return JSON.parse(line.slice(MARK.length));
}

/** Small GETs on a candidate: `clients` connections, each asking again as soon as it was answered, for `seconds`. */
export async function load(
  toolbox: Toolbox,
  options: { root: string; script: string; clients: number; seconds: number; threads?: number },
): Promise<Load> {
  const { root, script, clients, seconds, threads = 1 } = options;
  // wrk gives each thread the same number, and leaves out what is over.
  const connections = Math.ceil(clients / threads) * threads;
  const command = [
    ...["wrk", "--threads", `${threads}`, "--connections", `${connections}`],
    ...["--duration", `${seconds}s`],
  ];
  return wrkResult(
    await toolbox.run([...command, "--timeout", "10s", "--script", script, root], {
      timeoutMs: (seconds + 30) * 1000,
    }),
  );
}

type Direction = "upload" | "download";

/** One client's transfers, as curl's configuration file: one after the other over one connection. */
export function curlConfiguration(
  direction: Direction,
  root: string,
  objects: readonly Stored[],
  rate?: string,
): string {
  return objects.map(({ name, file }) =>
    [
      `url = "${root}${objectPath(name)}"`,
      `header = "Authorization: ${basic(MAIL1)}"`,
      `header = "Accept: ${REST}"`,
      ...(direction === "upload"
        ? [`upload-file = "${file}"`, `request = "POST"`, `header = "Expect:"`]
        : []),
      ...(rate === undefined ? [] : [`limit-rate = "${rate}"`]),
      `output = "/dev/null"`,
      `write-out = "%{http_code} %{size_upload} %{size_download} %{time_total}\\n"`,
    ].join("\n")
  ).join("\nnext\n");
}

/** Bytes and seconds in what curl printed. Throws where a transfer was not answered 200. */
export function curlResult(printed: string): { bytes: number; seconds: number } {
  let bytes = 0;
  let seconds = 0;
  for (const line of printed.trim().split("\n")) {
    const [status, up, down, time] = line.split(" ");
    if (status !== "200") throw new Error(`Cannot transfer an object: the answer was ${line}`);
    bytes += Number(up) + Number(down);
    seconds += Number(time);
  }
  return { bytes, seconds };
}

/** Objects up or down by several clients at once, each with its share of them. MB (10^6 bytes) a second, all together. */
export async function transfer(
  toolbox: Toolbox,
  work: Work,
  options: {
    direction: Direction;
    root: string;
    objects: readonly Stored[];
    clients: number;
    rate?: string;
  },
): Promise<{ bytes: number; megabytesPerSecond: number }> {
  const { direction, root, objects, clients, rate } = options;
  const shares = Array.from(
    { length: clients },
    (_, client) => objects.filter((_, index) => index % clients === client),
  );
  const configurations = shares.map((share, client) => {
    const path = `${work.path}/curl-${client}`;
    Deno.writeTextFileSync(path, curlConfiguration(direction, root, share, rate), { mode: 0o600 });
    return path;
  });
  const results = (await Promise.all(
    configurations.map((path) =>
      toolbox.run(["curl", "--silent", "--show-error", "--max-time", "120", "--config", path], {
        timeoutMs: 180_000,
      })
    ),
  )).map(curlResult);
  const bytes = results.reduce((sum, result) => sum + result.bytes, 0);
  return { bytes, megabytesPerSecond: bytes / 1e6 / Math.max(...results.map(({ seconds }) => seconds)) };
}
