/**
 * Run by rest_server_test.ts, which may not use the network: serves HTTP on the unix socket that is named by the first
 * argument, asks it every question of the second one, and prints what came of each.
 */
import { restServer } from "../../../../gateway/rclone/rest_server.ts";
import type { RestCase } from "./rest_server_test.ts";

const [socket = "", cases = "[]"] = Deno.args;
const results: { result: unknown; asked: string }[] = [];
for (const { question, path, answer } of JSON.parse(cases) as RestCase[]) {
  let asked = "nothing";
  const server = answer === "absent"
    ? undefined
    : Deno.serve({ path: socket, onListen() {} }, async (request) => {
      asked = `${request.method} ${new URL(request.url).pathname}`;
      if (answer === "silent") await new Promise((resolve) => setTimeout(resolve, 400));
      if (typeof answer === "string") return new Response(null);
      const { status, headers = {}, body = null } = answer;
      return new Response(body, { status, headers });
    });
  const asking = restServer(socket, 200);
  const result = question === "look"
    ? await asking.look(path)
    : question === "remove"
    ? await asking.remove(path)
    : await asking.digest(path, question.digest) ?? "unknown";
  results.push({ result, asked });
  await server?.shutdown();
}
console.log(JSON.stringify(results));
