import { v5 } from "uuid";

/** What a destination is known by. Nothing secret: the uuid is public, and what is hashed into it can be guessed. */
export type DestinationFacts = {
  readonly provider: string;
  readonly url: string;
  readonly basepath: string;
  /** the parameters that are not secret */
  readonly parameters: Readonly<Record<string, string>>;
};

/** The destination's uuid: version 5, in the URL namespace, over its facts as JSON with sorted keys. */
export function destinationUuid(facts: DestinationFacts): string {
  const parameters = Object.fromEntries(Object.entries(facts.parameters).sort(([a], [b]) => a < b ? -1 : 1));
  const { basepath, provider, url } = facts;
  return v5(JSON.stringify({ basepath, parameters, provider, url }), v5.URL);
}
