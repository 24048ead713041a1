import { endpointHost, folderProblem } from "./location.ts";
import type { Field, Given, Provider, UrlMeaning } from "./provider.ts";

const FIELDS: readonly Field[] = [
  { name: "aws_access_key_id", title: "access key id", key: "access_key_id", required: true },
  {
    name: "aws_secret_access_key",
    title: "secret access key",
    key: "secret_access_key",
    secret: true,
    required: true,
  },
  { name: "aws_default_region", title: "region (default: the storage's own)", key: "region" },
];

/** Amazon's own S3. The endpoint stays as it is in the url: NethServer 8's is always `s3.amazonaws.com`. */
export const AWS: Provider = {
  title: "AWS",
  type: "s3",
  url: ["s3:<endpoint>/<bucket>[/<folder>]", "s3:s3.amazonaws.com/mybucket/mybackup"],
  fields: FIELDS,
  meaning: (url, given) => meaning(url, given, () => ({ provider: "AWS" })),
};

/** Everything that speaks S3. What rclone has to know about some of them is told from the endpoint. */
export const GENERIC_S3: Provider = {
  title: "S3",
  type: "s3",
  url: ["s3:[https://]<endpoint>/<bucket>[/<folder>]", "s3:minio.example:9000/mybucket/mybackup"],
  fields: FIELDS,
  meaning: (url, given) => meaning(url, given, quirksOf),
};

function meaning(url: string, given: Given, quirks: (host: string) => Record<string, string>): UrlMeaning {
  const parts = /^s3:((?:https?:\/\/)?[^/]*)\/(.*)$/.exec(url);
  const endpoint = parts?.[1] ?? "";
  const folder = parts?.[2] ?? "";
  const host = endpointHost(endpoint);
  const problem = !url.startsWith("s3:")
    ? "url does not begin with s3:"
    : host === undefined
    ? "url has no endpoint, which is a host with or without a port, and a bucket behind it"
    : folderProblem("s3", `s3:${folder}`, "bucket");
  if (host === undefined || problem !== undefined) return { problems: [problem ?? ""] };
  const region = given["aws_default_region"];
  return {
    parameters: {
      ...quirks(host),
      ...region === undefined ? {} : { region },
      endpoint,
      // rclone would make a bucket that is not there, and asks for rights for that; a destination's bucket exists.
      no_check_bucket: "true",
    },
    place: folder.replace(/\/+$/, ""),
  };
}

/** Which of rclone's kinds of S3 an endpoint is, and its region where the name says it. */
function quirksOf(host: string): Record<string, string> {
  const labels = host.split(".");
  const of = (domain: string): boolean => host === domain || host.endsWith(`.${domain}`);
  const regionAt = (position: number): Record<string, string> => {
    const region = labels[position];
    return region === undefined || region === "" ? {} : { region };
  };
  if (of("digitaloceanspaces.com")) return { provider: "DigitalOcean" };
  if (of("ovh.net")) {
    const { region } = regionAt(1);
    return { provider: "Other", ...region === undefined ? {} : { region, location_constraint: region } };
  }
  if (of("wasabisys.com")) return { provider: "Wasabi", ...host === "s3.wasabisys.com" ? {} : regionAt(1) };
  if (of("synologyc2.net")) return { provider: "Synology", ...regionAt(0) };
  if (of("your-objectstorage.com")) return { provider: "Other", ...regionAt(0) };
  if (of("idrivee2.com") || /\.idrivee2(-[0-9]+)?\.com$/.test(host)) return { provider: "IDrive" };
  if (of("cubbit.eu")) return { provider: "Other", region: "eu-west-1" };
  return { provider: "Other" };
}
