import { generateKeyPairSync } from "node:crypto";
import { Buffer } from "node:buffer";
import type { Address, Place } from "./place.ts";
import { LOGIN, type ServerOptions, startServer, type Storage } from "./server.ts";

/** The server, a way to log in with a key instead of a password, and the key by which a client can tell the server. */
export type SftpStorage = Storage & { readonly withKey: Place; readonly hostKey: string };

/** SFTP: OpenSSH, without a shell. Folders `files`, and `readonly`, which belongs to root. */
export async function startSftp(
  { port = 2222, password = LOGIN.password }: ServerOptions = {},
): Promise<SftpStorage> {
  const key = newKey();
  const place = (address: Address, root: string, secret: readonly [key: string, value: string]): Place => ({
    login: { user: LOGIN.user, password, root },
    parameters: [
      ["type", "sftp"],
      ["host", address.host],
      ["port", String(address.port)],
      ["user", LOGIN.user],
      secret,
    ],
    obscured: secret[0] === "pass" ? ["pass"] : [],
    path: root,
  });
  const storage = await startServer("sftp", port, {
    settings: { LOGIN: LOGIN.user, PASSWORD: password, AUTHORIZED_KEY: key.public },
    places: (address) => ({
      writable: place(address, "files", ["pass", password]),
      readOnly: place(address, "readonly", ["pass", password]),
    }),
  });
  return {
    ...storage,
    // On one line, as rclone wants it.
    withKey: place(storage, "files", ["key_pem", key.private.trim().replaceAll("\n", "\\n")]),
    hostKey: (await Deno.readTextFile(`${storage.folder}/host-key.pub`)).split(" ").slice(0, 2).join(" "),
  };
}

/** A pair of Ed25519: the private key as PEM (PKCS #8), the public one as a line of authorized_keys (RFC 8709). */
function newKey(): { readonly private: string; readonly public: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const raw = Buffer.from(String(publicKey.export({ format: "jwk" }).x), "base64url");
  const text = (bytes: Uint8Array): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  const blob = Buffer.concat([text(Buffer.from("ssh-ed25519")), text(raw)]);
  return {
    private: String(privateKey.export({ format: "pem", type: "pkcs8" })),
    public: `ssh-ed25519 ${blob.toString("base64")}`,
  };
}
