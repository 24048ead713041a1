/**
 * A host of its own for a test: a container with systemd as PID 1 and its own Podman, Redis' clients and restic
 * (tests/images/host/Containerfile), with nothing but loopback for a network.
 */
import { labelled, podman } from "../podman.ts";

export type Release = "debian12" | "debian13";
export const RELEASES: readonly Release[] = ["debian12", "debian13"];

const IMAGES = ["RCLONE_GATEWAY_IMAGE", "RCLONE_GATEWAY_REDIS_IMAGE"] as const;
export const GATEWAY_IMAGE = "localhost/rclone-gateway:latest";
export const REDIS_IMAGE = "localhost/rclone-gateway-redis:latest";

/** Hosts of cgroup v1 or hybrid need to be told, both for systemd and for the Podman inside. */
const cgroup2 = exists("/sys/fs/cgroup/cgroup.controllers");
/** What a `podman run` inside needs here and nowhere else: its cgroups are nested in those of the host. */
export const NESTED = cgroup2 ? "" : "--cgroupns=private";

export class TestHost implements AsyncDisposable {
  #container: string;
  #folder: string;
  #scripts = 0;

  private constructor(container: string, folder: string) {
    this.#container = container;
    this.#folder = folder;
  }

  /** Boots a host that holds the images, and the given files below /mnt. */
  static async start(release: Release, files: readonly string[] = []): Promise<TestHost> {
    const image = `localhost/rclone-gateway-test-host:${release}`;
    await podman("image", "exists", image).catch(() => {
      throw new Error(
        `Cannot start a host of its own without ${image}: run tests/images/host/build ${release}`,
      );
    });
    const folder = await Deno.makeTempDir({ prefix: "rclone-gateway-host-" });
    const conf = Deno.env.get("CONTAINERS_CONF");
    if (conf) await Deno.copyFile(conf, `${folder}/containers.conf`);
    for (const file of files) await Deno.copyFile(file, `${folder}/${file.split("/").at(-1)}`);
    const names = IMAGES.map((variable) => Deno.env.get(variable) ?? "");
    await podman("save", "--quiet", "--multi-image-archive", "--output", `${folder}/images.tar`, ...names);
    const container = await podman(
      "run",
      "--detach",
      "--privileged",
      "--systemd=always",
      "--network=none",
      "--stop-timeout=150",
      ...labelled,
      ...(cgroup2 ? [] : [
        "--env=SYSTEMD_PROC_CMDLINE=systemd.unified_cgroup_hierarchy=0 SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1",
      ]),
      // An image store cannot lie on an overlay.
      "--volume=/var/lib/containers",
      `--volume=${folder}:/mnt:ro`,
      ...(conf ? [`--volume=${folder}/containers.conf:/etc/containers/containers.conf:ro`] : []),
      image,
    );
    const host = new TestHost(container, folder);
    try {
      await host.#booted();
      await host.run(`podman load --quiet --input /mnt/images.tar
        podman tag ${names[0]} ${GATEWAY_IMAGE}; podman tag ${names[1]} ${REDIS_IMAGE}`);
    } catch (error) {
      await host[Symbol.asyncDispose]();
      throw error;
    }
    return host;
  }

  /** Runs a bash script as root, as a unit of the host's systemd. Returns what it printed; throws it where it fails. */
  async run(script: string): Promise<string> {
    const name = `script-${++this.#scripts}`;
    await Deno.writeTextFile(`${this.#folder}/${name}`, script);
    const [code, output] = await this.#enter(
      "systemd-run",
      ...[
        "--quiet",
        "--wait",
        "--pipe",
        "--collect",
        "--property=RuntimeMaxSec=200",
        "--property=KillMode=process",
      ],
      ...["--setenv=HOME=/root", "--setenv=PODMAN_IGNORE_CGROUPSV1_WARNING=1"],
      ...["bash", "-euo", "pipefail", `/mnt/${name}`],
    );
    if (code !== 0) throw new Error(`exit code ${code} of: ${script}\n${output}`);
    return output.trimEnd();
  }

  /** Down in order, as a host goes down, and up again. */
  async reboot(): Promise<void> {
    await podman("restart", this.#container);
    await this.#booted();
  }

  async #booted(): Promise<void> {
    let state = "";
    for (let tries = 0; tries < 120; tries++) {
      state = (await this.#enter("systemctl", "is-system-running").catch((error) => [1, String(error)]))[1]
        .toString().trim();
      if (/^(running|degraded)$/.test(state)) return;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    throw new Error(`The host does not come up: ${state}\n${await podman("logs", this.#container)}`);
  }

  /** Not `podman exec`: where the tests run in a chroot, that ends up in the host's own files. */
  async #enter(...command: string[]): Promise<[number, string]> {
    const pid = await podman("inspect", "--format", "{{.State.Pid}}", this.#container);
    const { code, stdout, stderr } = await new Deno.Command("nsenter", {
      args: [
        `--target=${pid}`,
        ...["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root", "--wd"],
        "--",
        ...["env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
        ...command,
      ],
      stdin: "null",
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return [code, text(stdout) + (code === 0 ? "" : text(stderr))];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await podman("rm", "--force", "--volumes", "--time=0", this.#container).catch(() => {/* swept later */});
    await Deno.remove(this.#folder, { recursive: true });
  }
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
