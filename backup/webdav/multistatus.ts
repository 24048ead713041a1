import { parseXml, type XmlDocument, XmlElement } from "@rgrove/parse-xml";

/** What a folder holds, as WebDAV lists it. The name is whatever somebody has stored there: anything without a "/". */
export type Entry = {
  readonly name: string;
  readonly folder: boolean;
  /** bytes; -1 where it is not said */
  readonly size: number;
  /** when it was written, in seconds since 1970; 0 where it is not said */
  readonly modified: number;
};

/**
 * The entries of the folder at `path` (`/<destination>/dokuwiki/`) from a multistatus (RFC 4918, 13): what lies directly in it,
 * and not itself. What has no name that can be read, or lies elsewhere, is left out. Undefined where the text is none.
 */
export function parseMultistatus(text: string, path: string): Entry[] | undefined {
  let document: XmlDocument;
  try {
    document = parseXml(text);
  } catch {
    return undefined;
  }
  if (document.root === null || localName(document.root) !== "multistatus") return undefined;
  const folder = path.endsWith("/") ? path : `${path}/`;
  const entries: Entry[] = [];
  for (const response of childrenOf(document.root, "response")) {
    const name = nameIn(folder, childrenOf(response, "href")[0]?.text.trim() ?? "");
    if (name === undefined) continue;
    const properties = childrenOf(response, "propstat").flatMap((each) => childrenOf(each, "prop"));
    const property = (name: string): XmlElement | undefined =>
      properties.flatMap((each) => childrenOf(each, name))[0];
    const size = property("getcontentlength")?.text.trim() ?? "";
    const type = property("resourcetype");
    entries.push({
      name,
      folder: type !== undefined && childrenOf(type, "collection").length > 0,
      size: /^[0-9]{1,15}$/.test(size) ? Number(size) : -1,
      modified: Math.floor((Date.parse(property("getlastmodified")?.text ?? "") || 0) / 1000),
    });
  }
  return entries;
}

/** The last part of an address, if it lies directly in that folder. */
function nameIn(folder: string, href: string): string | undefined {
  const path = href.startsWith("/") ? href : URL.parse(href)?.pathname ?? "";
  const [, encoded] = /^([^/]+)\/?$/.exec(path.startsWith(folder) ? path.slice(folder.length) : "") ?? [];
  try {
    const name = encoded === undefined ? undefined : decodeURIComponent(encoded);
    return name === undefined || name.includes("/") ? undefined : name;
  } catch {
    return undefined; // no valid UTF-8 behind the percent signs
  }
}

function childrenOf(element: XmlElement, name: string): XmlElement[] {
  return element.children.filter((child): child is XmlElement =>
    child instanceof XmlElement && localName(child) === name
  );
}

/** A name without its namespace's prefix: all that is asked for is in "DAV:". */
function localName({ name }: XmlElement): string {
  return name.slice(name.indexOf(":") + 1);
}
