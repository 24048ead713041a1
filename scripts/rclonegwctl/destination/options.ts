import { type Command, Option } from "commander";
import type { Field } from "../../../gateway/providers/provider.ts";
import { PROVIDERS, RAW } from "../../../gateway/providers/providers.ts";
import { invalid } from "../failure.ts";
import { nameProblems, parseRequest, type Request } from "./request.ts";

/** How a raw configuration is given; the other providers' fields are their own. */
const RAW_OPTIONS: readonly Field[] = [
  { name: "rclone_conf_secret", title: "a section of rclone.conf", key: "", secret: true, lines: true },
  { name: "rclone_conf_b64_secret", title: "the same in base64", key: "", secret: true },
  { name: "basepath", title: "the folder, such as mybucket/mybackup", key: "" },
];

/** Every field once, with the providers that have it. */
const FIELDS: readonly { readonly field: Field; readonly of: readonly string[] }[] = (() => {
  const all = new Map<string, { field: Field; of: string[] }>();
  const fields: [string, Field][] = [
    ...Object.entries(PROVIDERS).flatMap(([name, { fields }]) =>
      fields.map((field): [string, Field] => [name, field])
    ),
    ...RAW_OPTIONS.map((field): [string, Field] => [RAW, field]),
  ];
  for (const [provider, field] of fields) {
    const known = all.get(field.name) ?? { field, of: [] };
    known.of.push(provider);
    all.set(field.name, known);
  }
  return [...all.values()];
})();

/** What all commands take that describe a destination. */
export type DescribingOptions = {
  readonly provider?: string;
  readonly name?: string;
  readonly url?: string;
  readonly passwordFile?: string;
  readonly stdin?: true;
  readonly trustCommands?: true;
  readonly validate: boolean;
  readonly force?: true;
  readonly json?: true;
} & Readonly<Record<string, string | boolean | undefined>>;

/** Adds the options that describe a destination. A secret never stands on a command line: it comes out of a file. */
export function describing(command: Command): Command {
  const urls = Object.entries(PROVIDERS).map(([name, { url }]) =>
    `  ${name.padEnd(10)}  ${url[0]}\n${" ".repeat(14)}${url[1]}`
  );
  command
    .option("--name <name>", "a name for people (default: made from provider and place)")
    .option("--url <url>", "where it is; see below")
    .option(
      "--stdin",
      'read JSON on standard input instead of options: {"provider","name","url","password","parameters":{…}}',
    )
    .option(
      "--trust-commands",
      "let a raw configuration run programs, read local files and use other remotes: those of this node",
    )
    .option("--no-validate", "do not try it before it is stored");
  let group = "";
  for (const { field, of } of FIELDS) {
    const heading = `Options of ${of.join(" and ")}:`;
    if (heading !== group) command.optionsGroup(group = heading);
    command.addOption(new Option(flagOf(field), `${field.title}${field.required ? " (required)" : ""}`));
  }
  return command.addHelpText(
    "after",
    `\nurl, for each provider (${RAW} has none: it is made from the configuration):\n${urls.join("\n")}\n\n` +
      `A <file> holds one secret; - is standard input. At a terminal, what is missing is asked for.`,
  );
}

/** What is asked for by JSON or by options. Ends the command, naming every problem, where it cannot be understood. */
export async function requestOf(options: DescribingOptions, doing: string): Promise<Request> {
  const { problems, ...flags } = await fromOptions(options);
  problems.push(...nameProblems(flags.name));
  if (problems.length > 0) refuse(doing, problems);
  if (!options.stdin) return flags;
  if (Object.keys(flags.parameters).length > 0 || flags.url !== undefined || flags.password !== undefined) {
    refuse(doing, ["--stdin and options that describe the same destination: give one of them"]);
  }
  const request = parseRequest(await readAll("-"));
  const wrong = "problems" in request ? request.problems : nameProblems(request.name);
  if ("problems" in request || wrong.length > 0) refuse(doing, wrong);
  return { ...request, ...flags, parameters: request.parameters };
}

/** Ends the command with 2. */
export function refuse(doing: string, problems: readonly string[]): never {
  invalid(
    [`Cannot ${doing}; nothing was changed.`, ...problems.map((problem) => `  - ${problem}`)].join("\n"),
  );
}

async function fromOptions(options: DescribingOptions): Promise<Request & { problems: string[] }> {
  const problems: string[] = [];
  const parameters: Record<string, string> = {};
  const fromStdin = FIELDS.filter(({ field }) => options[attributeOf(field)] === "-").map(({ field }) =>
    field.name
  );
  if (options.passwordFile === "-") fromStdin.push("password");
  if (options.stdin) fromStdin.push("JSON");
  if (fromStdin.length > 1) {
    return { problems: [`${fromStdin.join(" and ")} from standard input: it can be read once`], parameters };
  }
  const secret = async (file: string, lines: boolean): Promise<string> => {
    try {
      const text = await readAll(file);
      return lines ? text : text.replace(/\r?\n$/, "");
    } catch (error) {
      problems.push(`${file} cannot be read: ${(error as Error).message}`);
      return "";
    }
  };
  for (const { field } of FIELDS) {
    const value = options[attributeOf(field)];
    if (typeof value === "string") {
      parameters[field.name] = field.secret ? await secret(value, field.lines ?? false) : value;
    }
  }
  return {
    ...options.provider === undefined ? {} : { provider: options.provider },
    ...options.name === undefined ? {} : { name: options.name },
    ...options.url === undefined ? {} : { url: options.url },
    ...options.passwordFile === undefined ? {} : { password: await secret(options.passwordFile, false) },
    parameters,
    problems,
  };
}

async function readAll(file: string): Promise<string> {
  return file === "-" ? await new Response(Deno.stdin.readable).text() : await Deno.readTextFile(file);
}

function flagOf(field: Field): string {
  const name = field.name.replace(/_secret$/, "").replaceAll("_", "-");
  return field.secret ? `--${name}-file <file>` : `--${name} <text>`;
}

function attributeOf(field: Field): string {
  return new Option(flagOf(field)).attributeName();
}
