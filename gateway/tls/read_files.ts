import type { TlsFiles } from "../render/bundle.ts";
import type { Problems, Settings } from "../settings.ts";

/**
 * What TLS_CERT and TLS_CA name, as HAProxy is to load it, or what is wrong with it. Only the plain mistakes are found here, whose
 * cause HAProxy's words would not say; nothing is said of what a file holds.
 */
export function readTlsFiles(
  { tlsCert, tlsCa }: Pick<Settings, "tlsCert" | "tlsCa">,
  readFile: (path: string) => string,
): TlsFiles | Problems {
  const problems: string[] = [];
  const read = (name: string, path: string): string => {
    try {
      const text = readFile(path);
      if (!text.includes("-----BEGIN CERTIFICATE-----")) {
        problems.push(`${name} ${path} holds no certificate (PEM)`);
      }
      return text;
    } catch (error) {
      problems.push(`${name} ${path} cannot be read (${(error as Error).name})`);
      return "";
    }
  };
  const files: { -readonly [Name in keyof TlsFiles]: string } = {};
  if (tlsCert !== undefined) {
    const text = files["tls.pem"] = read("TLS_CERT", tlsCert);
    if (/ENCRYPTED/.test(text)) {
      problems.push(
        `TLS_CERT ${tlsCert} holds an encrypted key, and there is nobody to ask for its passphrase`,
      );
    } else if (text !== "" && !/-----BEGIN ([A-Z]+ )?PRIVATE KEY-----/.test(text)) {
      problems.push(`TLS_CERT ${tlsCert} holds no private key: append it to the certificate`);
    }
  }
  if (tlsCa !== undefined) files["ca.pem"] = read("TLS_CA", tlsCa);
  return problems.length > 0 ? { problems } : files;
}
