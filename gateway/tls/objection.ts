import { checkCandidate } from "../apply/haproxy.ts";
import { writeBundle } from "../apply/write_bundle.ts";
import { BUNDLES, HOME } from "../paths.ts";
import { HAPROXY_FILES, type TlsFiles } from "../render/bundle.ts";
import type { Settings } from "../settings.ts";
import { tlsEnvironment } from "./listening.ts";

/** No node's: so that HAProxy looks at the certificate also as one that is shown to others. */
const SOMEBODY = "backend peer.check from peer\n    server gateway 127.0.0.1:4694 verifyhost 127.0.0.1\n";

/** What HAProxy itself has to say against certificates, keys and authorities, or undefined where it can work with them. */
export async function objectionTo(files: TlsFiles, settings: Settings): Promise<string | undefined> {
  const empty = Object.fromEntries(HAPROXY_FILES.map((name) => [name, ""])) as Record<
    typeof HAPROXY_FILES[number],
    string
  >;
  const haproxy = { ...empty, "backends.cfg": SOMEBODY, ...files };
  const folder = await writeBundle(BUNDLES, "tls-check", { haproxy });
  try {
    const environment = {
      BIND_ADDRESS: settings.bindAddress,
      PORT: String(settings.port),
      ...tlsEnvironment(settings),
    };
    const said = await checkCandidate(`${HOME}/gateway/haproxy/base.cfg`, folder, environment);
    // By the names that the operator has given.
    return said === undefined
      ? undefined
      : alerts(said).replaceAll(`${folder}/tls.pem`, settings.tlsCert ?? "")
        .replaceAll(`${folder}/ca.pem`, settings.tlsCa ?? "");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What is wrong, out of lines such as `[ALERT] (7) : config : parsing [<file>:<line>] : <what> : unable to load …`. */
export function alerts(said: string): string {
  const found = said.split("\n").filter((line) =>
    line.startsWith("[ALERT]") && !/ : (Error\(s\)|Fatal errors) found in /.test(line)
  ).map((line) => line.slice(line.lastIndexOf(" : ") + 3).replace(/\.$/, ""));
  return found.length === 0 ? said.replaceAll(/\s*\n\s*/g, " ") : [...new Set(found)].join("; ");
}
