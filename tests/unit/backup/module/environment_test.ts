import assert from "node:assert/strict";
import { credentialsIn, parseEnvironment } from "../../../../backup/module/environment.ts";

Deno.test("a_line_is_taken_literally_and_the_last_of_a_name_counts", () => {
  assert.deepEqual(
    parseEnvironment('A=1\n# B=2\nC="x y" $(id)=\r\n D=4\nE\nF-G=5\n1H=6\nA=\nI==\n'),
    { A: "", C: '"x y" $(id)=', I: "=" },
  );
});

Deno.test("only_the_modules_own_credentials_are_taken", () => {
  const secret = "x=y";
  assert.deepEqual(credentialsIn({ REDIS_USER: "module/wiki1", REDIS_PASSWORD: secret }, "module/wiki1"), {
    user: "module/wiki1",
    secret,
  });
  for (const REDIS_USER of ["", "node/1", "module/wiki10"]) {
    assert.deepEqual(credentialsIn({ REDIS_USER, REDIS_PASSWORD: secret }, "module/wiki1"), {
      because: "its REDIS_USER is not module/wiki1",
    });
  }
  assert.deepEqual(credentialsIn({ REDIS_USER: "module/wiki1" }, "module/wiki1"), {
    because: "it has no REDIS_PASSWORD",
  });
});
