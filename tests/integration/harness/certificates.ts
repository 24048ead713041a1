import { IMAGES, makeFolder, run } from "./podman.ts";

/** A certificate authority of the test's own, in a folder that is removed at the end of its scope. */
export type Authority = Disposable & {
  /** its own certificate (PEM) */
  readonly pem: string;
  /** a certificate for an address and its key, in one text (PEM) */
  issue(address: string): Promise<string>;
};

const KEY = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";

/** Made by the openssl of the gateway's image, so that the host needs none. */
export async function makeAuthority(name: string): Promise<Authority> {
  const folder = makeFolder();
  const openssl = async (script: string): Promise<void> => {
    const mount = `--volume=${folder.path}:/work`;
    const ended = await run("podman", [
      ...["run", "--rm", "--network=none", "--user=0", "--workdir=/work", mount, "--entrypoint=sh"],
      ...[IMAGES.gateway, "-euc", script],
    ]);
    if (ended.code !== 0) throw new Error(`Cannot make a certificate: ${ended.stderr}`);
  };
  const read = (file: string): string => Deno.readTextFileSync(`${folder.path}/${file}`);
  await openssl(`openssl req -x509 ${KEY} -days 2 -subj '/CN=${name}' -keyout ca.key -out ca.pem`);
  return {
    pem: read("ca.pem"),
    async issue(address) {
      // The address twice: HAProxy compares the name, everybody else the other one.
      await openssl(
        `openssl req ${KEY} -subj '/CN=${address}' -addext subjectAltName=IP:${address} -keyout key -out request
        openssl x509 -req -in request -CA ca.pem -CAkey ca.key -CAcreateserial -days 1 -copy_extensions copy -out certificate
        cat certificate key >both`,
      );
      return read("both");
    },
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

/** The files that a gateway is given, as an operator mounts them; in the container they are below `/tls`. */
export type TlsFolder = Disposable & {
  readonly settings: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  /** Replaces the certificate as Kubernetes and certbot do: a link goes over to another folder. */
  swap(certificate: string): void;
  /** Writes over the file that is there. */
  overwrite(certificate: string): void;
};

/** `authority`: what the certificates of the nodes are signed by; without it TLS_CA is not set. */
export function makeTlsFolder(certificate: string, authority?: string): TlsFolder {
  const folder = makeFolder();
  let version = 0;
  const swap = (certificate: string): void => {
    Deno.mkdirSync(`${folder.path}/${++version}`);
    Deno.writeTextFileSync(`${folder.path}/${version}/tls.pem`, certificate);
    Deno.symlinkSync(String(version), `${folder.path}/next`);
    Deno.renameSync(`${folder.path}/next`, `${folder.path}/data`);
  };
  swap(certificate);
  Deno.symlinkSync("data/tls.pem", `${folder.path}/tls.pem`);
  if (authority !== undefined) Deno.writeTextFileSync(`${folder.path}/ca.pem`, authority);
  return {
    settings: { TLS_CERT: "/tls/tls.pem", ...authority === undefined ? {} : { TLS_CA: "/tls/ca.pem" } },
    args: [`--volume=${folder.path}:/tls:ro`],
    swap,
    overwrite: (certificate) => Deno.writeTextFileSync(`${folder.path}/tls.pem`, certificate),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

/** The certificate and the key of a text that holds both, as Deno wants them. */
export function splitPem(text: string): { readonly cert: string; readonly key: string } {
  const from = text.indexOf("-----BEGIN PRIVATE KEY-----");
  return { cert: text.slice(0, from), key: text.slice(from) };
}
