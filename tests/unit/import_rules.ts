import type { Graph } from "./module_graph.ts";

/** What starts processes and wires the rooms to one another: nothing may import these. */
export const ENTRY_POINTS: readonly string[] = [
  "gateway/controller.ts",
  "gateway/boot.ts",
  "authz/main.ts",
  "scripts/module_backup.ts",
  "scripts/rclonegwctl.ts",
  "scripts/run_backup.ts",
  "scripts/schedule_backup.ts",
];

type Rule = { readonly of: RegExp; readonly may: RegExp } | { readonly of: RegExp; readonly mayNot: RegExp };

const RULES: readonly Rule[] = [
  { of: /^gateway\/domain\//, may: /^gateway\/domain\// },
  { of: /^gateway\/render\//, may: /^gateway\/(domain|render)\// },
  { of: /^gateway\/providers\//, may: /^gateway\/(domain|providers)\// },
  {
    of: /^gateway\/rclone\/(section_policy|backend_options)\.ts$/,
    may: /^gateway\/(domain\/|rclone\/backend_options\.ts$)/,
  },
  {
    of: /^gateway\/validation\/(judge|raw_section)\.ts$/,
    may:
      /^gateway\/(domain\/|render\/|validation\/raw_section\.ts$|rclone\/section_policy\.ts$|redis\/rclone_section\.ts$)/,
  },
  { of: /^gateway\/(?!providers\/)/, mayNot: /^gateway\/providers\// },
  { of: /^authz\/decide\.ts$/, may: /^gateway\/domain\// },
  { of: /^authz\/target\.ts$/, may: /^gateway\/domain\// },
  { of: /^gateway\/(apply|rclone)\//, mayNot: /^gateway\/redis\// },
  { of: /^authz\//, mayNot: /^gateway\/(rclone|apply|render)\// },
  { of: /^gateway\//, mayNot: /^(authz|scripts)\// },
  { of: /^authz\//, mayNot: /^scripts\// },
  {
    of: /^backup\//,
    may: /^(backup\/|gateway\/((domain|redis)\/|bounded_text\.ts$)|node:|(@[^/]+\/)?[^/]+$)/,
  },
  { of: /^(gateway|authz)\//, mayNot: /^backup\// },
  { of: /^/, mayNot: /^tests\// },
  { of: /^/, mayNot: new RegExp(`^(${ENTRY_POINTS.map((path) => path.replaceAll(".", "\\.")).join("|")})$`) },
];

/** Every import that is against the rules, one line each. `packages` are the names in deno.json's imports. */
export function violations(graph: Graph, packages: ReadonlySet<string>): string[] {
  const found = new Set<string>();
  for (const [module, imports] of graph) {
    for (const imported of imports) {
      for (const rule of RULES) {
        if (!rule.of.test(module)) continue;
        const allowed = "may" in rule ? rule.may.test(imported) : !rule.mayNot.test(imported);
        if (!allowed) found.add(`${module} imports ${imported}`);
      }
      const ours = /^(gateway|authz|backup|scripts|tests)\//.test(imported);
      if (!ours && !imported.startsWith("node:") && !packages.has(imported)) {
        found.add(`${module} imports ${imported}, which is not in deno.json`);
      }
    }
  }
  return [...found, ...cycles(graph).map((cycle) => `cycle: ${cycle.join(" -> ")}`)];
}

/** Every cycle that a walk from each module meets, each once. */
function cycles(graph: Graph): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  const walk = (module: string, path: readonly string[]): void => {
    const start = path.indexOf(module);
    if (start >= 0) {
      found.push([...path.slice(start), module]);
      return;
    }
    if (done.has(module)) return;
    for (const imported of graph.get(module) ?? []) walk(imported, [...path, module]);
    done.add(module);
  };
  for (const module of graph.keys()) walk(module, []);
  return found;
}
