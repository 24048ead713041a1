import { equal } from "node:assert/strict";
import { memoryOf } from "../../bench/memory.ts";

const mapping = (
  { inode, rss, pss, own, offset = "00000000" }: {
    inode: number;
    rss: number;
    pss: number;
    own: number;
    offset?: string;
  },
): string =>
  `7f0000000000-7f0000100000 r-xp ${offset} 00:2a ${inode} ${inode === 0 ? "" : "/usr/bin/a program"}
Size:               4096 kB
Rss:                ${rss} kB
Pss:                ${pss} kB
Anonymous:          ${own} kB
VmFlags: rd ex mr mw me
`;

Deno.test("a_programs_pages_count_once_however_many_share_them", () => {
  // Four processes map it, two of them somebody else's: the kernel gives each of ours a quarter.
  const program = mapping({ inode: 7, rss: 4096, pss: 1024, own: 0 });
  const own = mapping({ inode: 0, rss: 2048, pss: 2048, own: 2048 });
  const memory = memoryOf([program + own, program + own]);
  equal(memory.pss, 2 + 4);
  equal(memory.alone, 4 + 4);
});

Deno.test("what_was_written_to_a_mapping_of_a_file_is_the_processs_own", () => {
  const data = mapping({ inode: 7, rss: 3072, pss: 2048, own: 1024 });
  equal(memoryOf([data, data]).alone, 2 + 2);
});

Deno.test("parts_of_one_program_are_told_apart", () => {
  const code = mapping({ inode: 7, rss: 1024, pss: 1024, own: 0 });
  const constants = mapping({ inode: 7, rss: 2048, pss: 2048, own: 0, offset: "00100000" });
  equal(memoryOf([code + constants]).alone, 3);
});
