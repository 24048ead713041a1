/**
 * Run by stored_test.ts, which may not use the network: serves HTTP on the unix socket that is named by the first
 * argument, compares every case of the second one with it, and prints what came of each.
 */
import { compareStored } from "../../../../gateway/rclone/stored.ts";
import type { StoredCase } from "./stored_test.ts";

const [socket = "", cases = "[]"] = Deno.args;
const results: { stored: string; asked: string }[] = [];
for (const { path, length, answer } of JSON.parse(cases) as StoredCase[]) {
  let asked = "nothing";
  const server = answer === "absent"
    ? undefined
    : Deno.serve({ path: socket, onListen() {} }, async (request) => {
      asked = `${request.method} ${new URL(request.url).pathname}`;
      if (answer === "silent") await new Promise((resolve) => setTimeout(resolve, 400));
      if (typeof answer === "string") return new Response(null);
      const { status, size } = answer;
      return new Response(null, { status, headers: size === undefined ? {} : { "content-length": size } });
    });
  results.push({ stored: await compareStored(socket, path, length, 200), asked });
  await server?.shutdown();
}
console.log(JSON.stringify(results));
