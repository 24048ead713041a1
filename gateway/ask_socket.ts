/** A GET over a unix socket: the body as text. Throws where there is no 200 within `timeoutMs`. */
export async function askSocket(socket: string, path: string, timeoutMs = 2000): Promise<string> {
  const client = Deno.createHttpClient({ proxy: { transport: "unix", path: socket } });
  try {
    const response = await fetch(`http://socket${path}`, { client, signal: AbortSignal.timeout(timeoutMs) });
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    return text;
  } finally {
    client.close();
  }
}
