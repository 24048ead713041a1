import type { Field } from "../../../gateway/providers/provider.ts";
import { PROVIDERS, RAW } from "../../../gateway/providers/providers.ts";
import { invalid } from "../failure.ts";
import { note } from "../output.ts";
import type { Request } from "./request.ts";

/** The longest answer, in bytes. Private keys come out of a file. */
const LONGEST = 16_384;

/**
 * A request with what is missing asked for, where there is somebody at a terminal. Of a request that says nothing about
 * a storage nothing is asked: it means this node's disk.
 */
export async function completed(request: Request): Promise<Request> {
  if (!Deno.stdin.isTerminal() || request.provider === undefined) return request;
  if (request.provider === RAW) return await completedRaw(request);
  const form = PROVIDERS[request.provider];
  if (form === undefined || form.type === "local") return request;
  const url = request.url ?? await answer(`url: ${form.url[0]}, such as ${form.url[1]}`, false);
  const parameters: Record<string, string> = { ...request.parameters };
  for (const field of form.fields) {
    if (field.name in parameters || field.lines) continue;
    parameters[field.name] = await answer(question(field), field.secret ?? false);
  }
  return { ...request, url, parameters };
}

async function completedRaw(request: Request): Promise<Request> {
  const { rclone_conf_secret, rclone_conf_b64_secret, basepath } = request.parameters;
  if (rclone_conf_secret === undefined && rclone_conf_b64_secret === undefined) {
    note("The section of rclone.conf, to an empty line:");
    const lines: string[] = [];
    for (let line = await readLine(false); line !== "" && lines.length < 1000; line = await readLine(false)) {
      lines.push(line);
    }
    return await completedRaw({
      ...request,
      parameters: { ...request.parameters, rclone_conf_secret: lines.join("\n") },
    });
  }
  if (basepath !== undefined) return request;
  const path = await answer("basepath: the folder, such as mybucket/mybackup", false);
  return { ...request, parameters: { ...request.parameters, basepath: path } };
}

function question({ name, title, required, secret }: Field): string {
  return `${name}: ${title}${required ? "" : " (may be empty)"}${secret ? " (not shown)" : ""}`;
}

async function answer(text: string, secret: boolean): Promise<string> {
  await Deno.stderr.write(new TextEncoder().encode(`${text}\n> `));
  const line = await readLine(secret);
  if (secret) note("");
  return line;
}

/** One line of the terminal. Byte by byte, so that nothing of the next answer is taken; a secret without an echo. */
async function readLine(secret: boolean): Promise<string> {
  if (secret) Deno.stdin.setRaw(true, { cbreak: true });
  try {
    const bytes: number[] = [];
    const byte = new Uint8Array(1);
    while (bytes.length < LONGEST) {
      const count = await Deno.stdin.read(byte);
      const [code = 4] = byte;
      if (count === null || secret && code === 4) {
        if (bytes.length === 0) invalid("The input ended before everything was asked. Nothing was changed.");
        break;
      }
      if (code === 10 || code === 13) break;
      if (secret && (code === 8 || code === 127)) removeLast(bytes);
      else bytes.push(code);
    }
    return new TextDecoder().decode(new Uint8Array(bytes));
  } finally {
    if (secret) Deno.stdin.setRaw(false);
  }
}

/** The last character, which may be several bytes of UTF-8. */
function removeLast(bytes: number[]): void {
  while (((bytes.at(-1) ?? 0) & 0xc0) === 0x80) bytes.pop();
  bytes.pop();
}
