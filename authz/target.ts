import { parseAppType } from "../gateway/domain/app_type.ts";
import type { RepositoryPath } from "../gateway/domain/repository.ts";
import { parseObjectName, parseObjectType } from "../gateway/domain/restic_object.ts";
import type { Item, OffGrammar, Place, Protocol, Refusal, Target } from "../gateway/domain/target.ts";
import { parseUuid } from "../gateway/domain/uuid.ts";

/** A request as HAProxy saw it: nothing decoded, nothing repaired. */
export type RawRequest = {
  readonly method: string;
  /** the request target of the start line, query included */
  readonly target: string;
  /** the values of `Accept`, joined with commas; undefined where the header is absent */
  readonly accept: string | undefined;
  readonly depth: string | undefined;
  readonly destination: string | undefined;
  /** `Content-Length` */
  readonly length: string | undefined;
};

/** restic's `Accept`. */
export const REST_ACCEPT = "application/vnd.x.restic.rest.v2";

/** A request as restic makes it. */
export function restRequest(method: string, target: string): RawRequest {
  return { method, target, accept: REST_ACCEPT, depth: undefined, destination: undefined, length: "0" };
}

/**
 * What a request asks for. Neither decodes nor normalises: a path that needs either is not what restic sends.
 * What HAProxy and rclone could read differently is a {@link Refusal}; what is merely not in a repository's
 * grammar becomes a place "elsewhere", which is for nodes to use and for `decide` to judge.
 */
export function parseTarget(raw: RawRequest): Target | Refusal {
  const cut = raw.target.indexOf("?");
  const path = cut < 0 ? raw.target : raw.target.slice(0, cut);
  const query = cut < 0 ? undefined : raw.target.slice(cut + 1);

  const ambiguity = ambiguityOf(path, query);
  if (ambiguity !== undefined) return { refused: "target-ambiguous", detail: ambiguity };
  const depth = parseDepth(raw.depth);
  if (depth === "malformed") {
    return { refused: "target-ambiguous", detail: "the Depth header is none of 0, 1, infinity" };
  }

  const create = query === "create=true";
  const protocol = protocolOf(raw, create);
  const place = placeOf(path, protocol);
  if (place === undefined) {
    return { refused: "target-ambiguous", detail: "the path does not begin with the uuid of a destination" };
  }
  const known = query === undefined || create;
  if ((place.kind === "root" || place.kind === "control") && !known) {
    return { refused: "target-ambiguous", detail: "what the gateway answers itself takes no query" };
  }
  return {
    protocol,
    method: raw.method,
    place: known ? place : outsideGrammar(place, "malformed-query"),
    create,
    depth,
    length: parseLength(raw.length),
    hasDestinationHeader: raw.destination !== undefined,
  };
}

/**
 * REST is asked for by `Accept`, or is the creation of a repository, which restic sends without one
 * (restic, internal/backend/rest: `Create` posts to `?create=true` and sets no header).
 */
function protocolOf(raw: RawRequest, create: boolean): Protocol {
  if (raw.method === "POST" && create) return "rest";
  const rest = /(^|[\s,])application\/vnd\.x\.restic\.rest\.v[12]($|[\s,;])/i;
  return raw.accept !== undefined && rest.test(raw.accept) ? "rest" : "webdav";
}

/** What makes a request target mean different things to different readers, or undefined. */
function ambiguityOf(path: string, query: string | undefined): string | undefined {
  if (!path.startsWith("/")) return "the request target is not a path";
  // Visible ASCII only: every other byte has to be percent-encoded (RFC 3986, section 2).
  if (/[^\x21-\x7e]/.test(path + (query ?? ""))) return "the path holds a control or non-ASCII character";
  if (/[\\#"<>^`{|}]/.test(path)) return "the path holds a character that no URL may hold unencoded";
  if (path.includes("//")) return "the path holds an empty segment";
  const escapes = path.match(/%.{0,2}/g) ?? [];
  for (const escape of escapes) {
    if (!/^%[0-9A-Fa-f]{2}$/.test(escape)) return "the path holds a broken percent-encoding";
    const byte = parseInt(escape.slice(1), 16);
    if (byte < 0x20 || byte === 0x7f) return "the path holds an encoded control character";
    if ("./\\".includes(String.fromCharCode(byte))) {
      return "the path hides a separator or a dot in an encoding";
    }
  }
  if (escapes.length > 0 && !isUtf8(path)) return "the path is not UTF-8 once decoded";
  if (path.split("/").some((segment) => segment === "." || segment === "..")) {
    return "the path holds a dot segment";
  }
  return undefined;
}

function isUtf8(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false; // decodeURIComponent throws on overlong and on invalid sequences alike
  }
}

function parseDepth(depth: string | undefined): Target["depth"] | "malformed" {
  if (depth === undefined || depth === "0" || depth === "1") return depth;
  return depth.toLowerCase() === "infinity" ? "infinity" : "malformed";
}

function parseLength(length: string | undefined): number | undefined {
  return length !== undefined && /^[0-9]{1,15}$/.test(length) ? Number(length) : undefined;
}

/** The place a path names; undefined where it is not below a destination at all. */
function placeOf(path: string, protocol: Protocol): Place | undefined {
  if (path === "/") return { kind: "root" };
  if (path.startsWith("/-/")) return { kind: "control" };
  const [first = "", ...rest] = path.slice(1).split("/");
  const destination = parseUuid(first);
  if (destination === undefined) return undefined;

  const elsewhere = (why: OffGrammar): Place => ({ kind: "elsewhere", destination, why });
  const [type, id, ...inside] = rest;
  const appType = parseAppType(type ?? "");
  if (appType === undefined || id === undefined) return elsewhere("not-a-repository");

  const manifest = protocol === "webdav" && inside.length === 0 && id.endsWith(".json");
  const moduleUuid = parseUuid(manifest ? id.slice(0, -".json".length) : id);
  if (moduleUuid === undefined) return elsewhere("not-a-repository");
  const repository: RepositoryPath = { appType, moduleUuid };
  if (manifest) return { kind: "repository", destination, repository, item: { kind: "manifest" } };

  const item = protocol === "rest" ? restItem(inside) : webdavItem(inside);
  return typeof item === "string" ? elsewhere(item) : { kind: "repository", destination, repository, item };
}

/** restic's REST grammar: `/`, `/config`, `/<type>/`, `/<type>/<name>`. Folders end with a slash, objects do not. */
function restItem(segments: readonly string[]): Item | OffGrammar {
  const [first, second, ...more] = segments;
  if (more.length > 0) return "malformed-path";
  if (second === undefined) {
    if (first === "") return { kind: "top" };
    if (first === "config") return { kind: "config" };
    return first !== undefined && parseObjectType(first) === undefined
      ? "object-type-unknown"
      : "malformed-path";
  }
  const type = parseObjectType(first ?? "");
  if (type === undefined) return "object-type-unknown";
  if (second === "") return { kind: "folder", type };
  const name = parseObjectName(second);
  return name === undefined ? "object-name-malformed" : { kind: "object", type, name };
}

/** The same repository as files: data is sharded by its first two digits, folders may end with a slash. */
function webdavItem(segments: readonly string[]): Item | OffGrammar {
  const slash = segments.at(-1) === "";
  const [first, second, third, ...more] = slash ? segments.slice(0, -1) : segments;
  if (more.length > 0) return "malformed-path";
  if (first === undefined) return { kind: "top" };
  if (first === "config" && second === undefined && !slash) return { kind: "config" };
  const type = parseObjectType(first);
  if (type === undefined) return "object-type-unknown";
  if (second === undefined) return { kind: "folder", type };
  if (type === "data") {
    if (!/^[0-9a-f]{2}$/.test(second)) return "object-name-malformed";
    if (third === undefined) return { kind: "shard", type, shard: second };
    const name = parseObjectName(third);
    return name === undefined || slash || !third.startsWith(second)
      ? "object-name-malformed"
      : { kind: "object", type, name };
  }
  if (third !== undefined) return "malformed-path";
  const name = parseObjectName(second);
  return name === undefined || slash ? "object-name-malformed" : { kind: "object", type, name };
}

/** A place whose request carries something that its grammar does not know. */
function outsideGrammar(place: Place, why: OffGrammar): Place {
  return place.kind === "root" || place.kind === "control"
    ? place
    : { kind: "elsewhere", destination: place.destination, why };
}
