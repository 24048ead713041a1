import assert from "node:assert/strict";
import type { Destination } from "../../../../gateway/domain/destination.ts";
import type { Redis } from "../../../../gateway/redis/connection.ts";
import { desiredState } from "../../../../gateway/redis/desired_state.ts";
import { readStoredState, type StoredState, Unreadable } from "../../../../gateway/redis/stored_state.ts";
import { uuid } from "../../given.ts";

const OWN = { nodeId: "1", clusterNetwork: undefined, localFolder: "/srv/repo" } as const;
const ID = uuid("d");
const LOCAL: Destination["serving"] = {
  kind: "local",
  remote: { parameters: [["type", "local"]], path: "/srv/repo" },
};

function stored(change: Partial<StoredState>): StoredState {
  return {
    rcloneConf: {},
    repositories: {},
    network: undefined,
    leader: undefined,
    ownAddress: "10.5.4.1",
    otherAddresses: {},
    ...change,
  };
}

/** How one destination with these facts and this section is served. */
function serving(
  facts: Record<string, string>,
  section = "[x]\ntype = s3\n",
  ownAddress?: string,
  clusterNetwork?: readonly string[],
): Destination["serving"] {
  const otherAddresses = { "2": "10.5.4.2", "10": "10.5.4.10", "12": "fd00::2" };
  const state = desiredState(
    {
      ...stored({ rcloneConf: { [ID]: section }, repositories: { [ID]: facts }, otherAddresses }),
      ownAddress,
    },
    { ...OWN, clusterNetwork },
  );
  assert.equal(state.destinations.length, 1);
  return state.destinations[0]?.serving as Destination["serving"];
}

Deno.test("a_cluster_destination_is_local_where_its_url_is_this_nodes_and_elsewhere_where_it_is_anothers", async (test) => {
  const elsewhere = (address: string): Destination["serving"] => ({ kind: "elsewhere", address });
  const cases: [
    name: string,
    url: string,
    ownAddress: string | undefined,
    expected: Destination["serving"] | RegExp,
  ][] = [
    ["own", "webdav:http://10.5.4.1:4694", "10.5.4.1", LOCAL],
    ["without_a_cluster_network", "webdav:http://127.0.0.1:4694", undefined, LOCAL],
    ["of_another_node", "webdav:http://10.5.4.2:4694", "10.5.4.1", elsewhere("10.5.4.2")],
    ["address_begins_alike", "webdav:http://10.5.4.10:4694", "10.5.4.1", elsewhere("10.5.4.10")],
    ["of_another_node_over_ipv6", "webdav:http://[fd00::2]:4694", "10.5.4.1", elsewhere("fd00::2")],
    ["written_otherwise", "webdav:http://[fd00:0:0::2]:4694", "10.5.4.1", elsewhere("fd00::2")],
    ["of_a_node_that_is_gone", "webdav:http://10.5.4.3:4694", "10.5.4.1", /no other node has that address/],
    [
      "own_address_is_none",
      "webdav:http://10.5.4.2:4694",
      "10.5.4.1 ",
      /own address cannot be used: .*is none/,
    ],
    [
      "loopback_inside_a_cluster_network",
      "webdav:http://127.0.0.1:4694",
      "10.5.4.1",
      /not in the cluster's network/,
    ],
    [
      "of_a_stranger",
      "webdav:http://192.0.2.1:4694",
      "10.5.4.1",
      /192\.0\.2\.1, which is not in the cluster/,
    ],
    ["no_address", "webdav:http://10.5.4.999:4694", "10.5.4.1", /not in the cluster's network/],
    ["other_port", "webdav:http://10.5.4.1:4695", "10.5.4.1", /its url is not webdav/],
    ["other_scheme", "http://10.5.4.1:4694", "10.5.4.1", /its url is not webdav/],
    ["path_behind_it", "webdav:http://10.5.4.1:4694/x", "10.5.4.1", /its url is not webdav/],
    ["no_url", "", "10.5.4.1", /its url is not webdav/],
  ];
  for (const [name, url, ownAddress, expected] of cases) {
    await test.step(name, () => {
      const found = serving({ provider: "cluster", url }, "[x]\ntype = webdav\n", ownAddress, [
        "10.5.4.0/24",
        "fd00::/64",
      ]);
      if (!(expected instanceof RegExp)) return assert.deepEqual(found, expected);
      assert.ok(found.kind === "not-served");
      assert.match(found.because, expected);
    });
  }
});

Deno.test("a_local_destination_does_not_take_its_remote_from_redis", () => {
  const section = "[x]\ntype = sftp\nssh = /bin/sh -c evil\n";
  assert.deepEqual(serving({ provider: "cluster", url: "webdav:http://127.0.0.1:4694" }, section), LOCAL);
});

Deno.test("a_remote_destination_has_its_section_and_its_path", async (test) => {
  const cases: [name: string, facts: Record<string, string>, path: string][] = [
    ["s3", { provider: "aws", url: "s3:s3.amazonaws.com/bucket" }, "bucket"],
    ["s3_with_folder", { provider: "generic-s3", url: "s3:minio.example:9000/bucket/a/b" }, "bucket/a/b"],
    ["s3_with_slash_behind", { provider: "generic-s3", url: "s3:minio.example/bucket/" }, "bucket"],
    ["b2", { provider: "backblaze", url: "b2:bucket/a" }, "bucket/a"],
    ["azure", { provider: "azure", url: "azure:container" }, "container"],
    ["smb", { provider: "smb", url: "smb:share/folder//" }, "share/folder"],
    ["webdav", { provider: "webdav", url: "webdav:https://cloud.example/dav/a%20b/" }, "/dav/a b"],
    ["webdav_top", { provider: "webdav", url: "webdav:https://cloud.example" }, ""],
    ["rclone", { provider: "rclone", url: "anything", basepath: "a/b/" }, "a/b"],
    ["rclone_without_basepath", { provider: "rclone", url: "anything" }, ""],
  ];
  for (const [name, facts, path] of cases) {
    await test.step(name, () => {
      assert.deepEqual(serving(facts), { kind: "remote", remote: { parameters: [["type", "s3"]], path } });
    });
  }
});

Deno.test("what_cannot_be_understood_is_not_served_and_says_why", async (test) => {
  const cases: [name: string, facts: Record<string, string>, section: string, because: RegExp][] = [
    ["no_facts", {}, "[x]\ntype = s3\n", /cluster\/backup_repository\/.* has no provider/],
    ["no_provider", { url: "s3:x/y" }, "[x]\ntype = s3\n", /has no provider/],
    ["empty_provider", { provider: "", url: "" }, "", /cannot be used/],
    ["empty_section", { provider: "aws", url: "s3:x/y" }, "", /cannot be used: .*empty/],
    [
      "broken_section",
      { provider: "aws", url: "s3:x/y" },
      "[x]\nsecret_access_key s3cr3t\n",
      /cannot be used: .*line 2/,
    ],
    ["two_sections", { provider: "aws", url: "s3:x/y" }, "[x]\na = s3cr3t\n[y]\nb = c\n", /more than one/],
    [
      "broken_url",
      { provider: "webdav", url: "webdav:http://x/%ff" },
      "[x]\ntype = webdav\n",
      /cannot be used/,
    ],
  ];
  for (const [name, facts, section, because] of cases) {
    await test.step(name, () => {
      const found = serving(facts, section);
      assert.ok(found.kind === "not-served", found.kind);
      assert.match(found.because, because);
      assert.doesNotMatch(found.because, /s3cr3t/);
    });
  }
});

Deno.test("broken_destination_isolated", () => {
  const good = { kind: "remote", remote: { parameters: [["type", "s3"]], path: "b" } };
  const state = desiredState(
    stored({
      rcloneConf: {
        [uuid("c")]: "[c]\ntype = s3\n",
        [uuid("b")]: "[b]\nbroken\n",
        [uuid("a")]: "[a]\ntype = s3\n",
      },
      repositories: Object.fromEntries(
        ["a", "b", "c"].map((
          digit,
        ) => [uuid(digit), { name: `name ${digit}`, provider: "aws", url: "s3:x/b" }]),
      ),
    }),
    OWN,
  );
  assert.deepEqual(
    state.destinations.map(({ id, name, provider, serving }) => [id, name, provider, serving.kind]),
    [
      [uuid("a"), "name a", "aws", "remote"],
      [uuid("b"), "name b", "aws", "not-served"],
      [uuid("c"), "name c", "aws", "remote"],
    ],
  );
  assert.deepEqual(state.destinations[0]?.serving, good);
  assert.deepEqual(state.destinations[2]?.serving, good);
});

Deno.test("an_id_that_is_no_uuid_is_ignored", () => {
  const ids = ["", "x", "../x", uuid("A".toLowerCase()).toUpperCase(), `${ID} `, ID.slice(0, 8), "__proto__"];
  const rcloneConf = Object.fromEntries(ids.map((id) => [id, "[x]\ntype = s3\n"]));
  assert.deepEqual(desiredState(stored({ rcloneConf }), OWN).destinations, []);
});

Deno.test("a_destination_without_a_name_is_called_by_its_id", () => {
  const state = desiredState(stored({ rcloneConf: { [ID]: "[x]\na = b\n" } }), OWN);
  assert.deepEqual([state.destinations[0]?.id, state.destinations[0]?.name], [ID, ID]);
});

Deno.test("the_settings_networks_go_before_redis", () => {
  const networks = (
    network: string | undefined,
    clusterNetwork: readonly string[] | undefined,
  ): readonly string[] => desiredState(stored({ network }), { ...OWN, clusterNetwork }).networks;
  assert.deepEqual(networks("10.5.4.0/24", undefined), ["10.5.4.0/24"]);
  assert.deepEqual(networks("10.5.4.0/24", ["10.0.0.0/8", "fd00::/8"]), ["10.0.0.0/8", "fd00::/8"]);
  assert.deepEqual(networks(undefined, undefined), []);
});

/** Redis with these keys; `fails` names one that cannot be read. */
function redis(data: Record<string, Record<string, string> | string>, fails?: string): Redis {
  const of = (key: string): Promise<unknown> =>
    key === fails ? Promise.reject(new Error("NOPERM")) : Promise.resolve(data[key] ?? null);
  return {
    hGetAll: async (key: string) => await of(key) ?? {},
    hGet: async (key: string, field: string) =>
      (await of(key) as Record<string, string> | null)?.[field] ?? null,
    get: of,
  } as unknown as Redis;
}

const DATA = {
  "private/nodes/backup_destination/rclone_conf": {
    [ID]: "[x]\ntype = s3\n",
    [uuid("e")]: "[y]\ntype = b2\n",
  },
  [`cluster/backup_repository/${ID}`]: { name: "n", provider: "aws", url: "s3:x/y" },
  "cluster/network": "10.5.4.0/24",
  "cluster/environment": { NODE_ID: "3" },
  "node/7/vpn": { ip_address: "10.5.4.7", port: "55820" },
  "node/3/vpn": { ip_address: "10.5.4.3" },
};

Deno.test("everything_is_read_that_a_state_is_made_of", async () => {
  assert.deepEqual(await readStoredState(redis(DATA), "7", ["3", "7", "8"]), {
    rcloneConf: DATA["private/nodes/backup_destination/rclone_conf"],
    repositories: { [ID]: { name: "n", provider: "aws", url: "s3:x/y" }, [uuid("e")]: {} },
    network: "10.5.4.0/24",
    leader: "3",
    ownAddress: "10.5.4.7",
    otherAddresses: { "3": "10.5.4.3", "8": undefined },
  });
  assert.deepEqual(await readStoredState(redis({}), "7"), {
    rcloneConf: {},
    repositories: {},
    network: undefined,
    leader: undefined,
    ownAddress: undefined,
    otherAddresses: undefined,
  });
});

Deno.test("half_a_state_is_none", async (test) => {
  for (const key of Object.keys(DATA)) {
    await test.step(key, async () => {
      await assert.rejects(readStoredState(redis(DATA, key), "7", ["3"]), /NOPERM/);
    });
  }
});

Deno.test("a_network_that_is_none_lets_nobody_in_and_is_told", () => {
  for (const network of ["0.0.0.0/33", "everything", "10.5.4.0/24 # ours", ""]) {
    const state = desiredState(stored({ network }), { ...OWN, clusterNetwork: undefined });
    assert.deepEqual(state.networks, []);
    assert.equal(state.problems.length, 1);
    assert.match(state.problems[0] ?? "", /only loopback may connect/);
  }
});

Deno.test("only_the_leaders_node_gets_what_refreshes_a_token", () => {
  const token = '{"access_token":"a","refresh_token":"r","expiry":"2026-11-23T03:00:00Z"}';
  const section = `[x]\ntype = drive\ntoken = ${token}\n`;
  const cases: [leader: string | undefined, nodeId: string, refreshes: boolean][] = [
    ["1", "1", true],
    ["1", "2", false],
    [undefined, "2", true],
  ];
  for (const [leader, nodeId, refreshes] of cases) {
    const state = desiredState(
      stored({ rcloneConf: { [ID]: section }, repositories: { [ID]: { provider: "rclone" } }, leader }),
      { ...OWN, nodeId },
    );
    const serving = state.destinations[0]?.serving;
    assert.ok(serving?.kind === "remote");
    const value = new Map(serving.remote.parameters).get("token") ?? "";
    assert.deepEqual(JSON.parse(value), {
      access_token: "a",
      ...(refreshes ? { refresh_token: "r" } : {}),
      expiry: "2026-11-23T03:00:00Z",
    });
    assert.ok(!refreshes || value === token, "the leader's is as it was stored");
  }
});

Deno.test("where_the_nodes_are_not_known_a_state_is_not_complete_and_nobody_is_taken_for_gone", () => {
  const facts = { provider: "cluster", url: "webdav:http://10.5.4.2:4694" };
  const of = (otherAddresses: StoredState["otherAddresses"]) =>
    desiredState(
      stored({
        rcloneConf: { [ID]: "" },
        repositories: { [ID]: facts },
        otherAddresses,
        network: "10.5.4.0/24",
      }),
      OWN,
    );
  assert.equal(of(undefined).complete, false);
  assert.equal(of(undefined).destinations[0]?.serving.kind, "elsewhere");
  // Known, and there is no other.
  assert.equal(of({}).complete, true);
  assert.equal(of({}).destinations[0]?.serving.kind, "not-served");
});

Deno.test("what_is_wrong_with_this_nodes_own_address_is_told_and_goes_no_further", async (test) => {
  const others = { "2": "10.5.4.2" };
  const cases: [
    name: string,
    ownAddress: StoredState["ownAddress"],
    otherAddresses: Record<string, string>,
    kept: string | undefined,
    problem: RegExp | undefined,
  ][] = [
    ["well", "10.5.4.1", others, "10.5.4.1", undefined],
    ["none_on_a_single_host", undefined, {}, undefined, undefined],
    ["of_another_network_on_a_single_host", "192.0.2.1", {}, "192.0.2.1", undefined],
    ["none_in_a_cluster", undefined, others, undefined, /used: node\/1\/vpn has no ip_address$/],
    ["of_another_network", "192.0.2.1", others, "192.0.2.1", /used: its address 192\.0\.2\.1 is not in the/],
    [
      "words",
      "nowhere # at all",
      {},
      undefined,
      /used: node\/1\/vpn has an ip_address that is none: "nowhere/,
    ],
    ["a_network", "10.5.4.1/24", others, undefined, /is none: "10\.5\.4\.1\/24"$/],
    ["of_the_wrong_type", new Unreadable("WRONGTYPE x"), {}, undefined, /cannot be read: WRONGTYPE x$/],
  ];
  for (const [name, ownAddress, otherAddresses, kept, problem] of cases) {
    await test.step(name, () => {
      const state = desiredState({ ...stored({ otherAddresses, network: "10.5.4.0/24" }), ownAddress }, OWN);
      assert.equal(state.ownAddress, kept);
      assert.equal(state.problems.length, problem === undefined ? 0 : 1);
      assert.match(state.problems[0] ?? "", problem ?? /^$/);
    });
  }
});
