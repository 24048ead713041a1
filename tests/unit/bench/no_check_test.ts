import { doesNotMatch, equal, match, throws } from "node:assert/strict";
import { withoutTheQuestion } from "../../bench/no_check.ts";

const BASE = Deno.readTextFileSync(new URL("../../../gateway/haproxy/base.cfg", import.meta.url));
const options = { splice: true, folder: "/tmp" };

Deno.test("only_the_question_is_left_out_of_the_gateways_own_configuration", () => {
  const without = withoutTheQuestion(BASE, options);
  doesNotMatch(without, /lua\.authz|authz\.lua/);
  match(without, /\n {4}http-request set-var\(txn\.verdict\) str\(yes\)\n/);
  match(without, /\n {4}option splice-request\n/);
  const left = BASE.split("\n").filter((line) => !without.split("\n").includes(line));
  const remembering = left.filter((line) =>
    /sess\.|txn\.age|txn\.remember|^ {4}# (Given to one|What is too old)|^ {4}acl (?!control_)|same_generation confirmed$|\{ var\(txn\.verdict\) -m str yes \}$/
      .test(line)
  );
  equal(left.length - remembering.length, 4, left.join("\n"));
});

Deno.test("splicing_is_left_out_where_it_should_be", () => {
  doesNotMatch(withoutTheQuestion(BASE, { ...options, splice: false }), /^ *option splice/m);
});

Deno.test("a_configuration_that_has_changed_is_refused", async (test) => {
  const cases: [name: string, base: string][] = [
    ["no_question", BASE.replace("http-request lua.authz unless", "http-request lua.other unless")],
    ["two_questions", BASE.replace(/ {4}http-request lua\.authz unless [^\n]*\n/, (line) => line + line)],
    ["another_socket", BASE.replace("haproxy/admin.sock", "haproxy/other.sock")],
  ];
  for (const [name, base] of cases) {
    await test.step(name, () => {
      throws(() => withoutTheQuestion(base, options), /Cannot leave the question out of base\.cfg/);
    });
  }
});
