import { relative } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder that holds deno.json, without a slash at its end. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/** Module (path below ROOT) -> what it imports: paths below ROOT, and everything else as it is written there. */
export type Graph = ReadonlyMap<string, readonly string[]>;

/** The graph of every TypeScript module in the given folders, type imports included, as Deno itself sees it. */
export async function readGraph(folders: readonly string[]): Promise<Graph> {
  const files = folders.flatMap((folder) => [...typescriptFiles(`${ROOT}/${folder}`)]).sort();
  const all = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(
      all,
      files.map((file) => `import ${JSON.stringify(`file://${file}`)};\n`).join(""),
    );
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", "--frozen", "--config", `${ROOT}/deno.json`, all],
    }).output();
    if (!success) throw new Error(`Cannot read the module graph: ${new TextDecoder().decode(stderr)}`);
    return fromInfo(JSON.parse(new TextDecoder().decode(stdout)), files);
  } finally {
    await Deno.remove(all);
  }
}

type Info = { modules: { local?: string; error?: string; dependencies?: InfoDependency[] }[] };
type InfoDependency = {
  specifier: string;
  code?: { specifier?: string };
  type?: { specifier?: string };
};

function fromInfo(info: Info, files: readonly string[]): Graph {
  const graph = new Map<string, string[]>();
  for (const { local, error, dependencies } of info.modules) {
    if (local === undefined || !files.includes(local)) continue;
    if (error !== undefined) throw new Error(`Cannot read ${local}: ${error}`);
    graph.set(
      relative(ROOT, local),
      (dependencies ?? []).map(({ specifier, code, type }) => {
        const resolved = code?.specifier ?? type?.specifier ?? "";
        return resolved.startsWith("file://") ? relative(ROOT, fileURLToPath(resolved)) : specifier;
      }),
    );
  }
  const missed = files.filter((file) => !graph.has(relative(ROOT, file)));
  if (missed.length > 0) throw new Error(`Cannot find ${missed.join(", ")} in the module graph`);
  return graph;
}

function* typescriptFiles(folder: string): Generator<string> {
  for (const entry of Deno.readDirSync(folder)) {
    if (entry.isDirectory) yield* typescriptFiles(`${folder}/${entry.name}`);
    else if (entry.name.endsWith(".ts")) yield `${folder}/${entry.name}`;
  }
}
