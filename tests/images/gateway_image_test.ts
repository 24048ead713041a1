import { deepStrictEqual as equal, ok } from "node:assert";
import { image, podman, shell } from "./podman.ts";

const gateway = image("RCLONE_GATEWAY_IMAGE");
const client = image("RCLONE_GATEWAY_RESTIC_IMAGE");
const asRoot = "--user=0:0";

Deno.test("says_how_it_is_run", async () => {
  const [{ Config: config }] = JSON.parse(await podman("image", "inspect", gateway));
  equal(config.User, "4694:4694");
  equal(config.StopSignal, "SIGTERM");
  equal(config.Entrypoint, ["/opt/rclone-gateway/gateway/entrypoint"]);
  equal(Object.keys(config.ExposedPorts), ["4694/tcp"]);
  equal(Object.keys(config.Volumes).sort(), ["/srv/repo", "/var/lib/rclone-gateway"]);
  equal(config.Labels["org.opencontainers.image.licenses"], "Apache-2.0");
  ok(
    !config.Env.some((line: string) =>
      /^(DENO_CERT|SSL_CERT|NODE_EXTRA|DEBIAN_FRONTEND|https?_proxy)/i.test(line)
    ),
  );
});

Deno.test("holds_the_versions_it_promises", async () => {
  const versions = await shell(gateway, "haproxy -v; rclone version; deno --version; command -v s6-svscan");
  ok(/HAProxy version 3\.0\./.test(versions), versions);
  ok(/deno 2\.9\.6 /.test(versions), versions);
  const [, minor = "0", patch = "0"] = /rclone v1\.(\d+)\.(\d+)/.exec(versions) ?? [];
  ok(Number(minor) > 75 || (minor === "75" && Number(patch) >= 2), versions);
});

Deno.test("has_only_rclone_from_unstable", async () => {
  const list = "dpkg-query --show --showformat '${Package} ${Version}\\n'";
  const packages = async (name: string) =>
    new Map((await shell(name, list)).split("\n").map((line) => line.split(" ") as [string, string]));
  const [ours, theirs] = await Promise.all([packages(gateway), packages(client)]);
  // Both start from the same base: what one build had drawn in from unstable would differ.
  for (const [name, version] of theirs) {
    if (ours.has(name)) equal(`${name} ${ours.get(name)}`, `${name} ${version}`);
  }
  const sources = await shell(
    gateway,
    "cat /etc/apt/sources.list /etc/apt/sources.list.d/* /etc/apt/preferences.d/* || :",
  );
  ok(!/unstable|sid/.test(sources), sources);
});

Deno.test("nobody_in_it_can_become_somebody_else", async () => {
  equal(await shell(gateway, "find / -xdev -type f -perm /6000", asRoot), "");
});

Deno.test("its_user_can_write_only_where_it_has_to", async () => {
  const writable = await shell(
    gateway,
    "find / -xdev \\( -path /proc -o -path /sys -o -path /dev \\) -prune -o \\( -type d -o -type f \\) -writable -print 2>/dev/null || :",
  );
  const expected = ["/run/gateway", "/run/lock", "/srv/repo", "/tmp", "/var/lib/rclone-gateway", "/var/tmp"];
  // Podman mounts the volumes over theirs, and -xdev stays out of mounts: they are in the next test.
  for (const path of writable.split("\n")) ok(expected.includes(path), `${path} is writable`);
  equal(
    await shell(gateway, "find /opt ! -user root -print; find /opt ! -type l -perm /022 -print", asRoot),
    "",
  );
});

Deno.test("new_volumes_belong_to_its_user", async () => {
  const owners = await shell(gateway, "stat -c '%u:%g %n' /srv/repo /var/lib/rclone-gateway /run/gateway");
  equal(owners.split("\n"), [
    "4694:4694 /srv/repo",
    "4694:4694 /var/lib/rclone-gateway",
    "4694:4694 /run/gateway",
  ]);
});

Deno.test("its_sources_are_readable_whatever_the_umask_of_the_checkout_was", async () => {
  equal(
    await shell(
      gateway,
      "find /opt/rclone-gateway ! -readable -print; find /opt -type d ! -executable -print",
    ),
    "",
  );
});

Deno.test("the_hosts_own_certificate_authorities_stayed_outside", async () => {
  const folder = "/usr/local/share/ca-certificates";
  const own: string[] = [];
  try {
    for (const { name } of Deno.readDirSync(folder)) {
      if (name.endsWith(".crt")) own.push(Deno.readTextFileSync(`${folder}/${name}`));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  for (const name of [gateway, client]) {
    const bundle = await shell(
      name,
      "cat /etc/ssl/certs/ca-certificates.crt; ls -A /run/secrets 2>/dev/null || :",
      asRoot,
    );
    ok(bundle.includes("BEGIN CERTIFICATE"));
    for (const certificate of own) {
      ok(!bundle.includes(certificate.trim().split("\n").slice(1, -1).join("\n")));
    }
  }
});
