import { DESTINATION } from "../integration/harness/cluster.ts";
import { eventually } from "../integration/harness/eventually.ts";
import { GATEWAY, HARDENED, startGateway } from "../integration/harness/gateway.ts";
import { type Container, IMAGES, startContainer } from "../integration/harness/podman.ts";
import { withoutTheQuestion } from "./no_check.ts";
import { type Process, processesOf } from "./processor_time.ts";
import type { CandidateName } from "./results.ts";
import { BENCH_IMAGE, type Work } from "./toolbox.ts";

/** One of those that are measured beside one another: the same storage, each on a port of its own. */
export type Candidate = {
  readonly name: CandidateName;
  /** where the repositories are: the URL of the destination, without a slash at its end */
  readonly root: string;
  /** everything that works for a request to it */
  processes(): Promise<Process[]>;
};

/** The gateway as a candidate. */
export const GATEWAY_ROOT = `${GATEWAY}/${DESTINATION}`;

const BASE_CFG = new URL("../../gateway/haproxy/base.cfg", import.meta.url);

/** The gateway on a storage. Its sockets are in a folder of this host, so that HAProxy without the question finds its rclone. */
export async function startMeasuredGateway(work: Work, store: string): Promise<Container> {
  const sockets = `${work.path}/run`;
  Deno.mkdirSync(sockets, { recursive: true, mode: 0o750 });
  Deno.chownSync(sockets, 4694, 4694);
  return await startGateway({
    args: ["--volume", `${store}:/srv/repo`, "--volume", `${sockets}:/run/gateway`],
  });
}

/** The others, beside a gateway that serves already. */
export async function startOthers(
  work: Work,
  store: string,
  gateway: Container,
  peers: boolean,
  stack: AsyncDisposableStack,
): Promise<Candidate[]> {
  const noCheck = async (name: CandidateName, port: number, splice: boolean): Promise<Candidate> => {
    const configuration = `${work.path}/no-check-${port}.cfg`;
    Deno.writeTextFileSync(
      configuration,
      withoutTheQuestion(Deno.readTextFileSync(BASE_CFG), { splice, folder: "/tmp" }),
    );
    const container = await beside(`no-check-${port}`, IMAGES.gateway, [
      ...HARDENED,
      "--entrypoint=/bin/sh",
      `--env=BIND_ADDRESS=127.0.0.1`,
      `--env=PORT=${port}`,
      "--env=GATEWAY_BUNDLE=/run/gateway/current",
      `--volume=${work.path}/run:/run/gateway`,
      `--volume=${configuration}:/no-check.cfg:ro`,
    ], ["-c", "exec 3>&1; exec haproxy -q -db -f /no-check.cfg -f /run/gateway/current/backends.cfg"]);
    return {
      name,
      root: `http://127.0.0.1:${port}/${DESTINATION}`,
      processes: async () => [...await processesOf(container), ...await processesOf(gateway, /^rclone$/)],
    };
  };
  const alone = async (
    name: CandidateName,
    root: string,
    image: string,
    args: string[],
    command: string[],
  ): Promise<Candidate> => {
    const container = await beside(name.replaceAll(" ", "-"), image, args, command);
    return { name, root, processes: () => processesOf(container) };
  };
  const beside = async (...parameters: Parameters<typeof startContainer>): Promise<Container> =>
    stack.use(await startContainer(...parameters));

  return [
    {
      name: "gateway",
      root: GATEWAY_ROOT,
      processes: () => processesOf(gateway),
    },
    await noCheck("no check", 4701, true),
    await noCheck("no check, copying", 4702, false),
    // As the gateway starts its own (gateway/rclone/control.ts), over TCP.
    await alone("rclone direct", `http://127.0.0.1:4703/${DESTINATION}`, IMAGES.gateway, [
      ...HARDENED,
      "--entrypoint=rclone",
      `--volume=${store}:/srv/repo`,
    ], [
      "serve",
      "restic",
      "--append-only",
      "--cache-objects=false",
      "--addr=127.0.0.1:4703",
      `--baseurl=/${DESTINATION}`,
      "/srv/repo",
    ]),
    ...peers
      ? [
        // It knows no repositories deeper than two folders: no destination in front of them.
        await alone("rest-server", "http://127.0.0.1:4704", BENCH_IMAGE, [
          ...HARDENED,
          "--user=4694:4694",
          `--volume=${store}:/srv`,
        ], ["restic-rest-server", "--no-auth", "--append-only", "--listen=127.0.0.1:4704", "--path=/srv"]),
      ]
      : [],
  ];
}

/** Waits until a candidate gives out an object. */
export async function untilAnswered(
  { name, root }: Pick<Candidate, "name" | "root">,
  path: string,
  headers: HeadersInit,
): Promise<void> {
  await eventually(`${name} gives out an object`, async () => {
    const response = await fetch(root + path, { headers, signal: AbortSignal.timeout(5000) });
    await response.body?.cancel();
    if (response.status !== 200) throw new Error(`it answered ${response.status}`);
    return true;
  });
}
