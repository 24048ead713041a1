import { certificateExpiry } from "./apply/certificate_expiry.ts";
import { CURRENT, HAPROXY_ADMIN_SOCKET } from "./paths.ts";
import type { Bundle } from "./render/bundle.ts";
import type { Settings } from "./settings.ts";
import { Certificates, type CertificateStatus } from "./tls/certificates.ts";
import { objectionTo } from "./tls/objection.ts";
import { readTlsFiles } from "./tls/read_files.ts";

export const LOOK_AT_CERTIFICATES_EVERY_MS = 5000;

/** The certificates of this node, where it has any: what is added to a bundle, how they are, and a look at the files. */
export function certificates(settings: Settings, parts: {
  readonly changed: (reason: string) => Promise<void>;
  readonly log: (message: string) => void;
}): {
  readonly include: (bundle: Bundle) => Bundle;
  readonly status: () => { readonly certificate?: CertificateStatus };
  readonly look: () => Promise<void>;
} {
  const { tlsCert, tlsCa } = settings;
  if (tlsCert === undefined) {
    return { include: (bundle) => bundle, status: () => ({}), look: () => Promise.resolve() };
  }
  // The operator's files may be broken by now, and HAProxy runs with these.
  const loaded = readTlsFiles({
    tlsCert: `${CURRENT}/tls.pem`,
    tlsCa: tlsCa === undefined ? undefined : `${CURRENT}/ca.pem`,
  }, Deno.readTextFileSync);
  const kept = new Certificates({
    loaded: "problems" in loaded ? {} : loaded,
    read: () => readTlsFiles(settings, Deno.readTextFileSync),
    objection: (files) => objectionTo(files, settings),
    expires: () => certificateExpiry(HAPROXY_ADMIN_SOCKET, `${CURRENT}/tls.pem`),
    now: Date.now,
    ...parts,
  });
  return {
    include: (bundle) => ({ ...bundle, haproxy: { ...bundle.haproxy, ...kept.files } }),
    status: () => ({ certificate: kept.status }),
    look: () => kept.look(),
  };
}
