/** One thing to know about a storage, under the name that NethServer 8 gives it. */
export type Field = {
  readonly name: string;
  /** for prompts and help, in a few words */
  readonly title: string;
  /** the parameter of rclone that it becomes */
  readonly key: string;
  readonly secret?: true;
  /** rclone keeps it obscured */
  readonly obscured?: true;
  readonly required?: true;
  /** a text of several lines, such as a private key: rclone wants `\n` in their place */
  readonly lines?: true;
  /** not part of what tells one destination from another: it may be filled in later */
  readonly incidental?: true;
};

/** The values of fields by their names. Those that are not given, or empty, are not in it. */
export type Given = Readonly<Record<string, string>>;

/** What a url says: parameters of rclone, and a short name for the place; or everything that is wrong with it. */
export type UrlMeaning = {
  readonly parameters: Readonly<Record<string, string>>;
  readonly place: string;
} | { readonly problems: readonly string[] };

/** A kind of storage that is described by a url and a few fields. */
export type Provider = {
  readonly title: string;
  /** rclone's name of the backend */
  readonly type: string;
  /** the url's form, and an example */
  readonly url: readonly [form: string, example: string];
  readonly fields: readonly Field[];
  readonly meaning: (url: string, given: Given) => UrlMeaning;
};
