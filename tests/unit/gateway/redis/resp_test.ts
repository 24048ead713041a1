import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeCommand, RedisError, type Reply, ReplyReader } from "../../../../gateway/redis/resp.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

type Read = { replies: Reply[]; pushes: (readonly Reply[])[]; elements: string[] };

/** What is read of a stream that comes in chunks of these lengths, in turn. */
function read(stream: Uint8Array, lengths: readonly number[], each = false): Read {
  const got: Read = { replies: [], pushes: [], elements: [] };
  const reader = new ReplyReader({
    reply: (reply) => got.replies.push(reply),
    push: (message) => got.pushes.push(message),
    each: () =>
      each
        ? (bytes, from, to) => got.elements.push(new TextDecoder().decode(bytes.subarray(from, to)))
        : undefined,
  });
  for (let at = 0, turn = 0; at < stream.length; turn++) {
    const length = Math.max(1, lengths[turn % lengths.length] ?? stream.length);
    // The buffer that is read into is used again and again.
    const chunk = stream.slice(at, at + length);
    reader.feed(chunk);
    chunk.fill(0);
    at += length;
  }
  return got;
}

const CASES: readonly [name: string, stream: string, replies: readonly Reply[]][] = [
  ["simple_string", "+OK\r\n", ["OK"]],
  ["error", "-NOPERM no\r\n", [new RedisError("NOPERM no")]],
  ["bulk_error", "!5\r\nERR a\r\n", [new RedisError("ERR a")]],
  ["numbers", ":0\r\n:-2\r\n:123456789012\r\n", [0, -2, 123456789012]],
  ["double", ",1.5\r\n", [1.5]],
  ["big_number", "(123\r\n", ["123"]],
  ["booleans", "#t\r\n#f\r\n", [true, false]],
  ["nulls_of_both_protocols", "_\r\n$-1\r\n*-1\r\n", [null, null, null]],
  ["empty_string", "$0\r\n\r\n", [""]],
  ["string_with_line_ends", "$6\r\na\r\nb\r\n\r\n", ["a\r\nb\r\n"]],
  ["string_beyond_ascii", "$3\r\nüx\r\n", ["üx"]],
  ["byte_order_mark", "$4\r\n\ufeffx\r\n", ["\ufeffx"]],
  ["verbatim_string", "=7\r\ntxt:abc\r\n", ["abc"]],
  ["list", "*2\r\n$1\r\na\r\n:1\r\n", [["a", 1]]],
  ["set", "~1\r\n$1\r\na\r\n", [["a"]]],
  ["map", "%1\r\n$1\r\na\r\n$1\r\nb\r\n", [["a", "b"]]],
  ["empty_list_and_map", "*0\r\n%0\r\n", [[], []]],
  ["lists_in_lists", "*2\r\n*1\r\n*0\r\n*1\r\n:1\r\n", [[[[]], [1]]]],
];

Deno.test("every_kind_of_reply_is_read", async (test) => {
  for (const [name, stream, replies] of CASES) {
    await test.step(name, () => assert.deepEqual(read(encode(stream), [1000]).replies, replies));
  }
});

Deno.test("a_stream_may_be_cut_anywhere", () => {
  const stream = encode(CASES.map(([, stream]) => stream).join(""));
  const replies = CASES.flatMap(([, , replies]) => replies);
  fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }), (lengths) => {
    assert.deepEqual(read(stream, lengths).replies, replies);
  }));
});

Deno.test("what_redis_tells_by_itself_is_no_reply", () => {
  const got = read(
    encode(
      "+PONG\r\n>2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n:1\r\n>2\r\n$10\r\ninvalidate\r\n_\r\n",
    ),
    [3],
  );
  assert.deepEqual(got.replies, ["PONG", 1]);
  assert.deepEqual(got.pushes, [["invalidate", ["k"]], ["invalidate", null]]);
});

Deno.test("the_elements_of_a_large_reply_are_handed_out_one_by_one", () => {
  const lines = Array.from({ length: 3000 }, (_, index) => `line ${index} ${"x".repeat(index % 200)}`);
  const stream = encode(
    `~${lines.length}\r\n${lines.map((line) => `$${line.length}\r\n${line}\r\n`).join("")}`,
  );
  for (const length of [1, 1000, 65_536, stream.length]) {
    const got = read(stream, [length], true);
    assert.deepEqual(got.elements, lines);
    assert.deepEqual(got.replies, [[]]);
  }
});

Deno.test("an_error_in_the_place_of_a_large_reply_is_a_reply", () => {
  assert.deepEqual(read(encode("-NOPERM no\r\n"), [5], true).replies, [new RedisError("NOPERM no")]);
});

Deno.test("what_is_not_the_protocol_is_no_reply", async (test) => {
  for (
    const stream of [
      "HTTP/1.1 400 Bad Request\r\n",
      "$x\r\n",
      "*-2\r\n",
      "$99999999999\r\n",
      ":1a\r\n",
      "\r\n\r\n",
    ]
  ) {
    await test.step(JSON.stringify(stream), () => {
      assert.throws(() => read(encode(stream), [1000]), /Cannot read Redis's answer/);
    });
  }
});

Deno.test("a_command_is_a_list_of_strings_with_their_lengths_in_bytes", () => {
  assert.equal(
    new TextDecoder().decode(encodeCommand(["HGET", "ü\r\n", ""])),
    "*3\r\n$4\r\nHGET\r\n$4\r\nü\r\n\r\n$0\r\n\r\n",
  );
});
