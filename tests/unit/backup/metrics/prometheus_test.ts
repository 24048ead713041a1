import assert from "node:assert/strict";
import fc from "fast-check";
import { escapeLabel, prometheusText } from "../../../../backup/metrics/prometheus.ts";

Deno.test("a_label_cannot_end_its_line_or_its_quotes", () => {
  assert.equal(escapeLabel('a "b"\\\nc'), 'a \\"b\\"\\\\\\nc');
  fc.assert(fc.property(fc.string({ unit: "binary" }), (value) => {
    const escaped = escapeLabel(value);
    assert.match(escaped, /^(?:[^"\\\n]|\\["\\n])*$/);
    const back = escaped.replace(/\\(.)/g, (_, one) => one === "n" ? "\n" : one);
    assert.equal(back, value.toWellFormed());
  }));
});

Deno.test("half_a_character_does_not_make_the_file_unreadable", () => {
  assert.equal(escapeLabel("a\ud800"), "a\ufffd");
});

Deno.test("a_metric_without_a_value_is_left_out", () => {
  assert.equal(
    prometheusText([
      {
        name: "a",
        help: "of\nall",
        samples: [[{ id: "1", name: "x" }, 5], [{ id: "2", name: "y" }, Infinity]],
      },
      { name: "b", help: "none", samples: [] },
    ]),
    '# HELP a of\\nall\n# TYPE a gauge\na{id="1",name="x"} 5\na{id="2",name="y"} +Inf\n',
  );
});
