import { AZURE } from "./azure.ts";
import { BACKBLAZE } from "./backblaze.ts";
import { CLUSTER } from "./cluster.ts";
import type { Provider } from "./provider.ts";
import { AWS, GENERIC_S3 } from "./s3.ts";
import { SFTP } from "./sftp.ts";
import { SMB } from "./smb.ts";
import { WEBDAV } from "./webdav.ts";

/** The kinds of storage that have a form of their own, by the names that NethServer 8 gives them. */
export const PROVIDERS: Readonly<Record<string, Provider>> = {
  cluster: CLUSTER,
  aws: AWS,
  "generic-s3": GENERIC_S3,
  backblaze: BACKBLAZE,
  azure: AZURE,
  smb: SMB,
  webdav: WEBDAV,
  sftp: SFTP,
};

/** A raw configuration of rclone: everything else. */
export const RAW = "rclone";

export function isProvider(name: string): boolean {
  return name === RAW || Object.hasOwn(PROVIDERS, name);
}
