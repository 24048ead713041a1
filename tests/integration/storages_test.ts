import { equal, match, notEqual, ok } from "node:assert/strict";
import { sha256 } from "./harness/cluster.ts";
import { makeFolder } from "./harness/podman.ts";
import { randomBytes } from "./harness/tree.ts";
import { withPassword, withRoot } from "./harness/storage/place.ts";
import { at, HERE, rclone, rcloneOk } from "./harness/storage/rclone.ts";
import { KEPT, type Storage } from "./harness/storage/server.ts";
import { startFtp } from "./harness/storage/ftp.ts";
import { startS3 } from "./harness/storage/s3.ts";
import { startSftp } from "./harness/storage/sftp.ts";
import { startSilent } from "./harness/storage/silent.ts";
import { startSlow } from "./harness/storage/slow.ts";
import { startSmb } from "./harness/storage/smb.ts";
import { startWebdav } from "./harness/storage/webdav.ts";

/** What rclone 1.75.2 says where each server refuses: what somebody who adds a destination has to be told. */
const SERVERS: {
  name: string;
  start: () => Promise<Storage>;
  wrongPassword: RegExp;
  missing: RegExp;
  readOnly: RegExp;
}[] = [
  {
    name: "s3",
    start: startS3,
    wrongPassword: /StatusCode: 403, .*api error SignatureDoesNotMatch/,
    missing: /directory not found/,
    readOnly: /StatusCode: 403, .*api error (AccessDenied|Forbidden)/,
  },
  {
    name: "sftp",
    start: startSftp,
    wrongPassword: /ssh: unable to authenticate, attempted methods \[none password\]/,
    missing: /directory not found/,
    readOnly: /permission denied/,
  },
  {
    name: "smb",
    start: startSmb,
    wrongPassword: /The attempted logon is invalid/,
    missing: /The specified share name cannot be found/,
    readOnly: /permission denied/,
  },
  {
    name: "webdav",
    start: startWebdav,
    wrongPassword: /401 Unauthorized/,
    missing: /directory not found/,
    readOnly: /403 Forbidden/,
  },
  {
    name: "ftp",
    start: startFtp,
    wrongPassword: /530 "Login incorrect\."/,
    missing: /directory not found/,
    readOnly: /550 "Permission denied\."/,
  },
];

for (const { name, start, wrongPassword, missing, readOnly } of SERVERS) {
  Deno.test(`${name}_stores_lists_reads_and_deletes`, async () => {
    await using storage = await start();
    using folder = makeFolder();
    // Longer than what a part of an upload is to S3: 5 MiB. Text, so that a range of it can be compared as rclone prints it.
    const content = randomBytes(6 * 1024 * 1024).toHex();
    Deno.writeTextFileSync(`${folder.path}/there`, content);
    const object = at(storage, "some folder/é object.bin");
    const small = ["--s3-upload-cutoff=5Mi", "--s3-chunk-size=5Mi"];

    await rcloneOk(storage, ["copyto", ...small, `${HERE}/there`, object], { folder: folder.path });
    equal(
      await rcloneOk(storage, ["lsf", "--recursive", "--files-only", "--format=sp", at(storage)]),
      `${content.length};some folder/é object.bin\n`,
    );
    await rcloneOk(storage, ["copyto", object, `${HERE}/back`], { folder: folder.path });
    equal(sha256(Deno.readFileSync(`${folder.path}/back`)), sha256(content));
    // As restic reads: across the end of a part.
    const from = 5 * 1024 * 1024 - 100;
    equal(
      await rcloneOk(storage, ["cat", `--offset=${from}`, "--count=300", object]),
      content.slice(from, from + 300),
    );
    await rcloneOk(storage, ["deletefile", object]);
    equal(await rcloneOk(storage, ["lsf", "--recursive", "--files-only", at(storage)]), "");
  });

  Deno.test(`${name}_refuses_a_wrong_password_and_misses_what_is_not_there`, async () => {
    await using storage = await start();
    const refused = await rclone(withPassword(storage, "wrong"), ["lsf", at(storage)]);
    notEqual(refused.code, 0);
    match(refused.stderr, wrongPassword);
    const missed = await rclone(withRoot(storage, "missing"), ["lsf", at(withRoot(storage, "missing"))]);
    notEqual(missed.code, 0);
    match(missed.stderr, missing);
    equal(await rcloneOk(storage, ["lsf", at(storage)]), "");
  });

  Deno.test(`${name}_lists_what_is_read_only_and_refuses_to_change_it`, async () => {
    await using storage = await start();
    const place = storage.readOnly;
    using folder = makeFolder();
    Deno.writeTextFileSync(`${folder.path}/new`, "new\n");
    equal(await rcloneOk(place, ["lsf", at(place)]), `${KEPT.name}\n`);
    equal(await rcloneOk(place, ["cat", at(place, KEPT.name)]), KEPT.content);

    const written = await rclone(place, ["copyto", `${HERE}/new`, at(place, "new")], {
      folder: folder.path,
    });
    notEqual(written.code, 0);
    match(written.stderr, readOnly);
    // Not its exit code: with FTP it is 0, though the server refused (rclone takes every 550 for "not there").
    await rclone(place, ["deletefile", at(place, KEPT.name)]);
    equal(await rcloneOk(place, ["lsf", at(place)]), `${KEPT.name}\n`);
  });

  Deno.test(`${name}_keeps_what_is_stored_when_killed_and_started_again`, async () => {
    await using storage = await start();
    using folder = makeFolder();
    Deno.writeTextFileSync(`${folder.path}/there`, "stored\n");
    await rcloneOk(storage, ["copyto", `${HERE}/there`, at(storage, "object")], { folder: folder.path });
    await storage.kill();
    const gone = await rclone(storage, ["cat", at(storage, "object")]);
    notEqual(gone.code, 0);
    match(gone.stderr, /connection refused/);
    await storage.start();
    equal(await rcloneOk(storage, ["cat", at(storage, "object")]), "stored\n");
  });
}

Deno.test("sftp_takes_a_key_instead_of_a_password_and_shows_its_own", async () => {
  await using storage = await startSftp();
  using folder = makeFolder();
  const knownHosts = (key: string): void =>
    Deno.writeTextFileSync(`${folder.path}/known_hosts`, `[${storage.host}]:${storage.port} ${key}\n`);
  const list = ["lsf", `--sftp-known-hosts-file=${HERE}/known_hosts`, at(storage)];
  knownHosts(storage.hostKey);
  equal(await rcloneOk(storage.withKey, list, { folder: folder.path }), "");
  await using other = await startSftp({ port: 2223 });
  knownHosts(other.hostKey);
  const refused = await rclone(storage.withKey, list, { folder: folder.path });
  notEqual(refused.code, 0);
  match(refused.stderr, /knownhosts: key mismatch/);
});

Deno.test("silent_server_holds_rclone_until_its_timeout", async () => {
  await using storage = await startWebdav();
  await using silent = startSilent();
  const place = storage.at(silent);
  equal(silent.connections, 0);
  const ended = await rclone(place, ["lsf", "--timeout=2s", at(place)]);
  notEqual(ended.code, 0);
  match(ended.stderr, /timeout|deadline exceeded/i);
  ok(silent.connections > 0);
});

Deno.test("slow_proxy_delays_answers_as_told", async () => {
  await using storage = await startWebdav();
  await using slow = startSlow(storage);
  const place = storage.at(slow);
  using folder = makeFolder();
  const content = randomBytes(4 * 1024 * 1024);
  Deno.writeFileSync(`${folder.path}/there`, content);
  const upload = ["copyto", "--timeout=3s", `${HERE}/there`, at(place, "object")];
  const list = ["lsf", "--timeout=3s", at(place)];

  await rcloneOk(place, upload, { folder: folder.path });
  equal(await rcloneOk(place, list), "object\n");
  ok(slow.connections > 0);
  // Longer than rclone waits: that it gives up shows that the answer was held, and that this was told while running.
  slow.delays.firstByteMs = 60_000;
  match((await rclone(place, list)).stderr, /timeout|deadline exceeded/i);
  slow.delays.firstByteMs = 0;
  slow.delays.uploadEndMs = 60_000;
  equal(await rcloneOk(place, list), "object\n");
  await rcloneOk(storage, ["deletefile", at(storage, "object")]);
  const late = await rclone(place, upload, { folder: folder.path });
  notEqual(late.code, 0);
  match(late.stderr, /timeout|deadline exceeded/i);
});
