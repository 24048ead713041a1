import assert from "node:assert/strict";
import fc from "fast-check";
import { Sample } from "../../../../backup/verify/sample.ts";
import { nextAfter, parseShares, shareToRead } from "../../../../backup/verify/share.ts";

Deno.test("after_as_many_runs_as_there_are_shares_each_was_read_once", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 256 }), fc.integer({ min: 1, max: 256 }), (of, first) => {
    let next: string | undefined = String(first);
    const read = new Set<number>();
    for (let run = 0; run < of; run++) {
      const share = shareToRead(next, of);
      assert(share.n >= 1 && share.n <= of);
      read.add(share.n);
      next = nextAfter(share);
    }
    assert.equal(read.size, of);
  }));
});

Deno.test("what_facts_hold_that_is_no_number_begins_with_the_first_share", () => {
  for (const next of [undefined, "", "0", "x", "13", "1e1", "-1"]) {
    assert.deepEqual(shareToRead(next, 12), { n: 1, of: 12 });
  }
});

Deno.test("shares_are_from_one_to_256", () => {
  assert.deepEqual(["1/1", "1/12", "1/256"].map(parseShares), [1, 12, 256]);
  for (const text of ["", "1", "2/12", "1/0", "1/257", "1/x", "10%"]) {
    assert.equal(parseShares(text), undefined, text);
  }
});

Deno.test("a_sample_is_no_more_than_it_should_be_and_leaves_out_what_cannot_be_told", () => {
  const sample = new Sample(3, 100, Math.random);
  for (const path of ["/a/../b", "/a\nb", "/x\uFFFD", "/./y"]) sample.offer({ path, size: 1 });
  sample.offer({ path: "/large", size: 101 });
  assert.deepEqual(sample.picked, []);
  for (let index = 0; index < 1000; index++) sample.offer({ path: `/file ${index}`, size: index % 100 });
  assert.equal(new Set(sample.picked.map(({ path }) => path)).size, 3);
});
