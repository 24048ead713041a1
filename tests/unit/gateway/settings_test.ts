import assert from "node:assert/strict";
import { isCidr } from "../../../gateway/domain/network.ts";
import { isHostPort, parseSettings, type Settings } from "../../../gateway/settings.ts";

const SECRET = "s3cr3t-of-redis";
const OTHER_SECRET = "s3cr3t-of-authz";
const REQUIRED = { NODE_ID: "1", REDIS_USER: "node/1", REDIS_PASSWORD: SECRET };

const FILES: Record<string, string> = {
  "/secret": SECRET,
  "/secret-with-newline": `${SECRET}\n`,
  "/secret-with-crlf": `${SECRET}\r\n`,
  "/secret-of-two-lines": `${SECRET}\n\n`,
  "/secret-with-blanks": `  ${SECRET}  \n`,
  "/empty": "",
  "/newline": "\n",
};

function readFile(path: string): string {
  const content = FILES[path];
  if (content === undefined) throw new Error(`No such file or directory (os error 2): readfile '${path}'`);
  return content;
}

function parsed(env: Record<string, string | undefined>): Settings {
  const settings = parseSettings({ ...REQUIRED, ...env }, readFile);
  assert.ok(!("problems" in settings), "problems" in settings ? settings.problems.join("\n") : "");
  return settings;
}

function problems(env: Record<string, string | undefined>): readonly string[] {
  const settings = parseSettings(env, readFile);
  assert.ok("problems" in settings, "there is no problem");
  assert.doesNotMatch(settings.problems.join("\n"), /s3cr3t/, "a message holds a secret");
  return settings.problems;
}

Deno.test("what_is_not_set_has_its_default", () => {
  assert.deepEqual(parsed({}), {
    nodeId: "1",
    redisLeader: { address: "127.0.0.1:6379" },
    redisReplicaAddress: "127.0.0.1:6379",
    redisUser: "node/1",
    redisPassword: SECRET,
    authzRedisUser: "node/1",
    authzRedisPassword: SECRET,
    maxReplicaLag: 30,
    bindAddress: "*",
    port: 4694,
    healthAddress: "127.0.0.1:4695",
    clusterNetwork: undefined,
    nodePassword: SECRET,
    stateDir: "/var/lib/rclone-gateway",
    tlsCert: undefined,
    tlsCa: undefined,
    stopGrace: 110,
  });
});

Deno.test("an_empty_variable_is_not_set", () => {
  const names =
    "REDIS_ADDRESS REDIS_REPLICA_ADDRESS AUTHZ_REDIS_USER AUTHZ_REDIS_PASSWORD NODE_PASSWORD BIND_ADDRESS PORT " +
    "HEALTH_ADDRESS CLUSTER_NETWORK STATE_DIR TLS_CERT TLS_CA AUTHZ_MAX_REPLICA_LAG STOP_GRACE REDIS_PASSWORD_FILE";
  assert.deepEqual(parsed(Object.fromEntries(names.split(" ").map((name) => [name, ""]))), parsed({}));
});

Deno.test("a_valid_value_is_taken", async (test) => {
  const cases: [env: Record<string, string>, settings: Partial<Settings>][] = [
    [{ NODE_PASSWORD: OTHER_SECRET }, { nodePassword: OTHER_SECRET }],
    [{ NODE_ID: "12", REDIS_USER: "node/12" }, {
      nodeId: "12",
      redisUser: "node/12",
      authzRedisUser: "node/12",
      nodePassword: SECRET,
    }],
    [{ NODE_ID: "12" }, { nodeId: "12", nodePassword: undefined }],
    [
      { REDIS_ADDRESS: "leader:7000" },
      { redisLeader: { address: "leader:7000" }, redisReplicaAddress: "leader:7000" },
    ],
    [
      { REDIS_ADDRESS: "10.5.4.1:6379", REDIS_REPLICA_ADDRESS: "[::1]:6379" },
      { redisLeader: { address: "10.5.4.1:6379" }, redisReplicaAddress: "[::1]:6379" },
    ],
    [
      { REDIS_SENTINELS: "10.5.4.1:26379", REDIS_REPLICA_ADDRESS: "127.0.0.1:6379" },
      {
        redisLeader: { sentinels: ["10.5.4.1:26379"], name: "mymaster", user: "default", password: "" },
        redisReplicaAddress: "127.0.0.1:6379",
      },
    ],
    [
      {
        REDIS_SENTINELS: " s1:1, [fd00::2]:2 ",
        REDIS_REPLICA_ADDRESS: "127.0.0.1:6379",
        REDIS_SENTINEL_MASTER: "our-cluster.1",
        REDIS_SENTINEL_USER: "asker",
        REDIS_SENTINEL_PASSWORD_FILE: "/secret-with-newline",
      },
      {
        redisLeader: {
          sentinels: ["s1:1", "[fd00::2]:2"],
          name: "our-cluster.1",
          user: "asker",
          password: SECRET,
        },
        redisReplicaAddress: "127.0.0.1:6379",
      },
    ],
    [{ REDIS_USER: "default" }, { redisUser: "default", authzRedisUser: "default", nodePassword: undefined }],
    [{ AUTHZ_REDIS_USER: "authz" }, { redisUser: "node/1", authzRedisUser: "authz" }],
    [{ AUTHZ_REDIS_PASSWORD: OTHER_SECRET }, { redisPassword: SECRET, authzRedisPassword: OTHER_SECRET }],
    [{ BIND_ADDRESS: "::" }, { bindAddress: "::" }],
    [{ BIND_ADDRESS: "10.5.4.1" }, { bindAddress: "10.5.4.1" }],
    [{ BIND_ADDRESS: "fd00::1" }, { bindAddress: "fd00::1" }],
    [{ BIND_ADDRESS: "localhost" }, { bindAddress: "localhost" }],
    [{ PORT: "1" }, { port: 1 }],
    [{ PORT: "65535" }, { port: 65535 }],
    [{ HEALTH_ADDRESS: "[::]:80" }, { healthAddress: "[::]:80" }],
    [{ CLUSTER_NETWORK: "10.5.4.0/24" }, { clusterNetwork: ["10.5.4.0/24"] }],
    [{ CLUSTER_NETWORK: " 10.5.4.0/24, fd00::/8\n" }, { clusterNetwork: ["10.5.4.0/24", "fd00::/8"] }],
    [{ STATE_DIR: "/srv/state" }, { stateDir: "/srv/state" }],
    [{ TLS_CERT: "/c.pem" }, { tlsCert: "/c.pem" }],
    [{ TLS_CERT: "/c.pem", TLS_CA: "/ca.pem" }, { tlsCert: "/c.pem", tlsCa: "/ca.pem" }],
    [{ STOP_GRACE: "0" }, { stopGrace: 0 }],
    [{ AUTHZ_MAX_REPLICA_LAG: "0" }, { maxReplicaLag: 0 }],
    [{ AUTHZ_MAX_REPLICA_LAG: "999999" }, { maxReplicaLag: 999_999 }],
    [{ UNKNOWN: "x" }, {}],
  ];
  for (const [env, settings] of cases) {
    await test.step(JSON.stringify(env), () => assert.deepEqual(parsed(env), { ...parsed({}), ...settings }));
  }
});

Deno.test("an_invalid_value_is_named_with_its_rule", async (test) => {
  const cases: [name: string, rule: RegExp, values: string[]][] = [
    ["NODE_ID", /node's number/, [
      "0",
      "01",
      "-1",
      "1.5",
      "one",
      "1 ",
      " 1",
      "1\n",
      "1e3",
      "0x1",
      "1234567890",
      "\u0661",
    ]],
    ["REDIS_ADDRESS", /host:port/, [
      "redis",
      "redis:",
      ":6379",
      "redis:0",
      "redis:65536",
      "redis:x",
      "::1:6379",
      "redis:6379/1",
      "a b:1",
      "redis://x:1",
      "300.0.0.1:6379",
      "[:::]:6379",
      "redis:6379\n",
    ]],
    ["REDIS_REPLICA_ADDRESS", /host:port/, ["redis"]],
    ["HEALTH_ADDRESS", /host:port/, ["4695", "*:4695"]],
    ["BIND_ADDRESS", /address/, [
      "*:4694",
      "10.5.4.0/24",
      "256.0.0.1",
      "a b",
      "::1]",
      "::1]?x=[",
      "10.0.0.1\nbind",
    ]],
    [
      "PORT",
      /number from 1 to 65535/,
      ["0", "65536", "-1", "4694x", "1.5", " 4694"],
    ],
    ["STOP_GRACE", /number from 0 to 86400/, ["-1", "86401", "2m"]],
    ["CLUSTER_NETWORK", /CIDR/, [
      "10.5.4.0/33",
      "10.5.4/24",
      "network",
      "10.5.4.0/24/1",
      "fd00::/129",
      "10.5.4.0/",
    ]],
    ["STATE_DIR", /absolute path/, ["state", "./state", "~/state"]],
    ["AUTHZ_MAX_REPLICA_LAG", /seconds/, ["30s", "-1", "x"]],
    ["TLS_CERT", /absolute path without a comma/, ["cert.pem", "./c.pem", "/c,/etc", "/c\n", "/"]],
    ["TLS_CA", /TLS_CERT is not/, ["/ca.pem"]],
  ];
  for (const [name, rule, values] of cases) {
    for (const value of values) {
      await test.step(`${name}=${JSON.stringify(value)}`, () => {
        const found = problems({ ...REQUIRED, [name]: value });
        assert.equal(found.length, 1, found.join("\n"));
        assert.ok(found[0]?.startsWith(`${name} `), found[0]);
        assert.match(found[0] ?? "", rule);
      });
    }
  }
});

Deno.test("every_problem_is_named_in_one_go", () => {
  const found = problems({
    REDIS_ADDRESS: "nowhere",
    REDIS_REPLICA_ADDRESS: "nowhere",
    REDIS_PASSWORD_FILE: "/absent",
    AUTHZ_REDIS_PASSWORD: OTHER_SECRET,
    AUTHZ_REDIS_PASSWORD_FILE: "/secret",
    BIND_ADDRESS: "a b",
    PORT: "0",
    HEALTH_ADDRESS: "x",
    CLUSTER_NETWORK: "a,10.5.4.0/24,b",
    STATE_DIR: "state",
    STOP_GRACE: "x",
    TLS_CERT: "x",
    TLS_CA: "x",
    AUTHZ_MAX_REPLICA_LAG: "x",
  });
  const named = found.map((problem) => problem.split(" ")[0]).sort();
  assert.deepEqual(named, [
    "AUTHZ_MAX_REPLICA_LAG",
    "AUTHZ_REDIS_PASSWORD",
    "BIND_ADDRESS",
    "CLUSTER_NETWORK",
    "CLUSTER_NETWORK",
    "HEALTH_ADDRESS",
    "NODE_ID",
    "PORT",
    "REDIS_ADDRESS",
    "REDIS_PASSWORD_FILE",
    "REDIS_REPLICA_ADDRESS",
    "REDIS_USER",
    "STATE_DIR",
    "STOP_GRACE",
    "TLS_CA",
    "TLS_CERT",
  ]);
});

Deno.test("what_is_required_is_missed_once_each", () => {
  const missed = (env: Record<string, string>): (string | undefined)[] =>
    problems(env).map((problem) => problem.split(" ")[0]).sort();
  assert.deepEqual(missed({}), ["NODE_ID", "REDIS_PASSWORD", "REDIS_USER"]);
  for (const name of Object.keys(REQUIRED)) assert.deepEqual(missed({ ...REQUIRED, [name]: "" }), [name]);
  assert.match(
    problems({ ...REQUIRED, REDIS_PASSWORD: "" }).join(),
    /is required \(or REDIS_PASSWORD_FILE\)/,
  );
});

Deno.test("a_secret_may_be_in_a_file", async (test) => {
  const cases: [file: string, secret: string][] = [
    ["/secret", SECRET],
    ["/secret-with-newline", SECRET],
    ["/secret-with-crlf", SECRET],
    ["/secret-of-two-lines", `${SECRET}\n`],
    ["/secret-with-blanks", `  ${SECRET}  `],
  ];
  for (const [file, secret] of cases) {
    await test.step(file, () => {
      assert.equal(parsed({ REDIS_PASSWORD: undefined, REDIS_PASSWORD_FILE: file }).redisPassword, secret);
      assert.equal(parsed({ AUTHZ_REDIS_PASSWORD_FILE: file }).authzRedisPassword, secret);
    });
  }
});

Deno.test("a_file_that_gives_no_secret_is_a_problem", async (test) => {
  const cases: [name: string, env: Record<string, string>, problem: RegExp][] = [
    [
      "absent",
      { REDIS_PASSWORD: "", REDIS_PASSWORD_FILE: "/absent" },
      /^REDIS_PASSWORD_FILE cannot be read \(No such file/,
    ],
    [
      "empty",
      { REDIS_PASSWORD: "", REDIS_PASSWORD_FILE: "/empty" },
      /^REDIS_PASSWORD_FILE names an empty file: it is "\/empty"$/,
    ],
    [
      "newline_only",
      { REDIS_PASSWORD: "", REDIS_PASSWORD_FILE: "/newline" },
      /^REDIS_PASSWORD_FILE names an empty file/,
    ],
    ["both", { REDIS_PASSWORD_FILE: "/secret" }, /^REDIS_PASSWORD and REDIS_PASSWORD_FILE are both set/],
    ["authz_absent", { AUTHZ_REDIS_PASSWORD_FILE: "/absent" }, /^AUTHZ_REDIS_PASSWORD_FILE cannot be read/],
    [
      "authz_empty",
      { AUTHZ_REDIS_PASSWORD_FILE: "/empty" },
      /^AUTHZ_REDIS_PASSWORD_FILE names an empty file/,
    ],
  ];
  for (const [name, env, problem] of cases) {
    await test.step(name, () => {
      const found = problems({ ...REQUIRED, ...env });
      assert.equal(found.length, 1, found.join("\n"));
      assert.match(found[0] ?? "", problem);
    });
  }
});

Deno.test("host_and_port", () => {
  for (const good of ["a:1", "a-b.c_d:65535", "127.0.0.1:80", "[::1]:80", "[fd00::10.5.4.1]:80"]) {
    assert.ok(isHostPort(good), good);
  }
  for (
    const bad of [
      "",
      "a",
      "a:0",
      "a:65536",
      "a:123456",
      "1.2.3:80",
      "1.2.3.4.5:80",
      "[::1:80",
      "::1]:80",
      "[g::]:80",
      "[]:80",
      "[1.2.3]:80",
      "a:80:90",
      "a:8 0",
    ]
  ) {
    assert.ok(!isHostPort(bad), bad);
  }
});

Deno.test("cidr", () => {
  for (
    const good of [
      "10.5.4.0/24",
      "10.5.4.1",
      "0.0.0.0/0",
      "255.255.255.255/32",
      "fd00::/8",
      "::1",
      "::/0",
      "::ffff:10.0.0.1/128",
    ]
  ) {
    assert.ok(isCidr(good), good);
  }
  for (
    const bad of [
      "",
      "/",
      "/24",
      "10.5.4.0/",
      "10.5.4.0/33",
      "10.5.4.0/-1",
      "10.5.4.0/2 4",
      "10.5.4.256",
      "10.5.4",
      "10.5.4.0.1",
      "010.5.4.0",
      "1e1.5.4.0",
      "fd00::/129",
      "fd00:::/8",
      "::1]",
      "::1]@[::2",
      "::1]?x=[::1",
      "[::1]",
      "fe80::1%eth0",
      "host",
      "10.5.4.0/24/24",
      "10.5.4.0/24\n",
    ]
  ) assert.ok(!isCidr(bad), bad);
});

Deno.test("sentinels_are_given_in_the_place_of_an_address_with_all_that_belongs_to_them", async (test) => {
  const cases: [name: string, env: Record<string, string>, says: RegExp[]][] = [
    ["both", { REDIS_ADDRESS: "x:1", REDIS_SENTINELS: "x:2", REDIS_REPLICA_ADDRESS: "x:3" }, [
      /^REDIS_ADDRESS and REDIS_SENTINELS are both set/,
    ]],
    ["no_replica", { REDIS_SENTINELS: "x:2" }, [/^REDIS_REPLICA_ADDRESS is required with REDIS_SENTINELS/]],
    ["all_wrong", { REDIS_SENTINELS: "x:2,y", REDIS_SENTINEL_MASTER: "my master" }, [
      /^REDIS_SENTINELS must be host:port/,
      /^REDIS_REPLICA_ADDRESS is required/,
      /^REDIS_SENTINEL_MASTER must be a name/,
    ]],
    ["none", { REDIS_SENTINELS: " , ", REDIS_REPLICA_ADDRESS: "x:3" }, [
      /^REDIS_SENTINELS must be host:port/,
    ]],
    ["nothing_to_ask", {
      REDIS_SENTINEL_MASTER: "mymaster",
      REDIS_SENTINEL_USER: "default",
      REDIS_SENTINEL_PASSWORD: OTHER_SECRET,
    }, [
      /^REDIS_SENTINEL_MASTER is for REDIS_SENTINELS/,
      /^REDIS_SENTINEL_USER is for REDIS_SENTINELS/,
      /^REDIS_SENTINEL_PASSWORD is for REDIS_SENTINELS/,
    ]],
  ];
  for (const [name, env, says] of cases) {
    await test.step(name, () => {
      const found = problems({ ...REQUIRED, ...env });
      assert.equal(found.length, says.length, found.join("\n"));
      says.forEach((each, index) => assert.match(found[index] ?? "", each));
    });
  }
});
