/**
 * A program: makes the request that standard input describes as JSON, `[method, url, options]`, in the network namespace
 * it was started in, and prints `{status, text}`.
 */
import { request } from "../request.ts";

const [method, url, options] = await new Response(Deno.stdin.readable).json();
const { status, text } = await request(method, url, options);
console.log(JSON.stringify({ status, text }));
