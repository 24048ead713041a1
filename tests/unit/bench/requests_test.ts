import { deepEqual, doesNotMatch, equal, match, throws } from "node:assert/strict";
import { curlConfiguration, curlResult, wrkResult, wrkScript } from "../../bench/requests.ts";

Deno.test("wrks_result_is_found_among_what_else_it_prints", () => {
  const result = { requests: 10, seconds: 2, medianUs: 300, p99Us: 900, errors: 0 };
  deepEqual(
    wrkResult(`Running 1s test\nbench-result ${JSON.stringify(result)}\nTransfer/sec: 1MB\n`),
    result,
  );
  throws(() => wrkResult("unable to connect\n"), /Cannot read wrk's result: .*unable to connect/);
});

Deno.test("every_object_is_asked_for_below_the_candidates_root", () => {
  const script = wrkScript(["aa11", "bb22"]);
  equal(script.match(/wrk\.format\("GET", root \.\. "\/mail\//g)?.length, 2);
  match(script, /Accept = "application\/vnd\.x\.restic\.rest\.v2"/);
});

Deno.test("one_client_sends_one_object_after_the_other_with_every_option_for_each", () => {
  const objects = [{ name: "aa11", file: "/dev/shm/a" }, { name: "bb22", file: "/dev/shm/b" }];
  const parts = curlConfiguration("upload", "http://127.0.0.1:1", objects).split("\nnext\n");
  equal(parts.length, 2);
  for (const part of parts) {
    match(part, /^upload-file = /m);
    match(part, /^request = "POST"$/m);
    match(part, /^header = "Authorization: Basic /m);
  }
  doesNotMatch(curlConfiguration("download", "http://127.0.0.1:1", objects), /upload-file|POST/);
});

Deno.test("transfers_are_added_up_and_a_refusal_is_an_error", () => {
  deepEqual(curlResult("200 100 0 0.5\n200 0 50 0.25\n"), { bytes: 150, seconds: 0.75 });
  throws(() => curlResult("200 100 0 0.5\n403 0 10 0.1\n"), /the answer was 403/);
});
