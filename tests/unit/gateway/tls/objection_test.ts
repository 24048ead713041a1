import assert from "node:assert/strict";
import { alerts } from "../../../../gateway/tls/objection.ts";

Deno.test("of_haproxys_words_only_what_is_wrong_is_told", () => {
  const said = [
    "[WARNING]  (1) : config : log format ignored for frontend 'metrics' since it has no log address.",
    "[ALERT]    (1) : config : parsing [/base.cfg:81] : 'bind *:4694' in section 'frontend' : unable to load certificate from file '/b/tls.pem': bad end line.",
    "[ALERT]    (1) : config : Error(s) found in configuration file : /base.cfg",
    "[ALERT]    (1) : config : Fatal errors found in configuration.",
  ];
  assert.equal(alerts(said.join("\n")), "unable to load certificate from file '/b/tls.pem': bad end line");
  assert.equal(alerts("something\n  else\n"), "something else ");
});
