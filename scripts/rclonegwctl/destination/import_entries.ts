import { isObject } from "./request.ts";

/** A destination of a list, not judged yet. */
export type Entry = {
  /** for messages: where it stands, and its name or uuid */
  readonly label: string;
  readonly id: string | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
};

export type Entries = {
  readonly entries: readonly Entry[];
  /** the uuid of the cluster that the list is from, where it says so */
  readonly cluster: string | undefined;
};

/** The destinations in a list: an array, an object by uuid, or NethServer 8's dump of a cluster. */
export function entriesIn(text: string): Entries | { readonly problems: readonly string[] } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problems: ["it is not JSON"] };
  }
  if (isObject(value) && isObject(value["cluster"])) {
    const { backup_repository: destinations, uuid } = value["cluster"];
    if (!isObject(destinations)) return { problems: ["cluster.backup_repository is not there"] };
    return {
      cluster: typeof uuid === "string" && uuid !== "" ? uuid : undefined,
      ...listed(Object.entries(destinations)),
    } as Entries;
  }
  if (isObject(value)) return { cluster: undefined, ...listed(Object.entries(value)) };
  if (Array.isArray(value)) return { cluster: undefined, ...listed(value.map((each) => [undefined, each])) };
  return { problems: ["it is neither a list nor an object of destinations"] };
}

function listed(
  values: readonly (readonly [id: string | undefined, value: unknown])[],
): { entries: readonly Entry[] } | { problems: readonly string[] } {
  const problems: string[] = [];
  const entries = values.map(([key, value], index): Entry => {
    if (!isObject(value)) {
      problems.push(`#${index}: it is not a JSON object`);
      return { label: "", id: undefined, fields: {} };
    }
    const { id, uuid, ...fields } = value;
    const given = key ?? (typeof id === "string" ? id : typeof uuid === "string" ? uuid : undefined);
    const name = typeof fields["name"] === "string"
      ? ` (${JSON.stringify(fields["name"]).slice(1, 60).replace(/"$/, "")})`
      : "";
    return { label: `#${index}${name}`, id: given, fields };
  });
  return problems.length > 0 ? { problems } : { entries };
}
