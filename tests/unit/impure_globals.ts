/**
 * Globals that pure code may use: values and types that neither read nor change anything outside. Everything else
 * counts as impure, so that a global that Deno gets one day is impure, too.
 */
const PURE: ReadonlySet<string> = new Set([
  ..."undefined NaN Infinity Array Boolean Error JSON Map Number Object Set String parseInt".split(" "),
  ..."decodeURIComponent encodeURIComponent URL".split(" "),
  ..."Readonly ReadonlyArray ReadonlyMap ReadonlySet Record Partial Pick Omit Exclude Extract".split(" "),
  ..."NonNullable ReturnType Parameters const".split(" "),
]);

/** Leftovers of browsers that do nothing: their names may be given to something else. */
const HARMLESS: ReadonlySet<string> = new Set(["name", "escape"]);

/** Ways from a harmless value to the function constructor, and so to everything. */
const ESCAPES: ReadonlySet<string> = new Set(["constructor", "__proto__", "prototype"]);

type Node = { type: string; range: [number, number]; parent: Node; [field: string]: unknown };

/** What a source text uses that pure code may not: names of globals, `import()`, `import.meta`, sorted. */
export function impureGlobals(source: string): string[] {
  const used = new Set<string>();
  const declared = new Set<string>();
  const found = new Set<string>();
  Deno.lint.runPlugin(
    {
      name: "pure",
      rules: {
        globals: {
          create: () => ({
            Identifier(node) {
              const identifier = node as unknown as Node & { name: string };
              if (ESCAPES.has(identifier.name)) found.add(identifier.name);
              if (isDeclared(identifier)) declared.add(identifier.name);
              else if (!isName(identifier)) used.add(identifier.name);
            },
            Literal(node) {
              if (typeof node.value === "string" && ESCAPES.has(node.value)) found.add(node.value);
            },
            ImportExpression: () => void found.add("import()"),
            MetaProperty: () => void found.add("import.meta"),
          }),
        },
      },
    },
    "module.ts",
    source,
  );
  for (const name of used) if (!PURE.has(name) && !declared.has(name)) found.add(name);
  // A declaration may not hide a global: elsewhere in the file the same name could mean the global.
  for (const name of declared) if (name in globalThis && !HARMLESS.has(name)) found.add(name);
  return [...found].sort();
}

function same(node: unknown, other: Node): boolean {
  const range = (node as Node | null)?.range;
  return range?.[0] === other.range[0] && range?.[1] === other.range[1];
}

/** Whether an identifier is only a name of something's part, such as `x` in `a.x`, and refers to nothing itself. */
function isName(node: Node): boolean {
  const { parent } = node;
  switch (parent.type) {
    case "MemberExpression":
      return parent["computed"] === false && same(parent["property"], node);
    case "Property":
      return parent["computed"] === false && parent["shorthand"] === false && same(parent["key"], node);
    case "TSQualifiedName":
      return same(parent["right"], node);
    case "TSPropertySignature":
    case "TSMethodSignature":
    case "PropertyDefinition":
    case "MethodDefinition":
      return parent["computed"] !== true && same(parent["key"], node);
    case "ImportSpecifier":
    case "ExportSpecifier":
    case "MetaProperty":
      return true;
    default:
      return false;
  }
}

/** Whether an identifier is where its name is declared. */
function isDeclared(node: Node): boolean {
  let inner = node;
  let { parent } = node;
  while (
    parent.type === "ArrayPattern" || parent.type === "RestElement" || parent.type === "ObjectPattern" ||
    (parent.type === "AssignmentPattern" && same(parent["left"], inner)) ||
    (parent.type === "Property" && parent.parent.type === "ObjectPattern" && same(parent["value"], inner))
  ) {
    inner = parent;
    parent = parent.parent;
  }
  switch (parent.type) {
    case "VariableDeclarator":
    case "TSTypeAliasDeclaration":
    case "TSInterfaceDeclaration":
    case "ClassDeclaration":
      return same(parent["id"], inner);
    case "ImportSpecifier":
      return same(parent["local"], inner);
    case "TSTypeParameter":
      return same(parent["name"], inner);
    case "TSNamedTupleMember":
      return same(parent["label"], inner);
    case "CatchClause":
      return same(parent["param"], inner);
    case "FunctionDeclaration":
    case "FunctionExpression":
      return same(parent["id"], inner) || hasParameter(parent, inner);
    case "ArrowFunctionExpression":
    case "TSFunctionType":
    case "TSIndexSignature":
      return hasParameter(parent, inner);
    default:
      return false;
  }
}

function hasParameter(parent: Node, node: Node): boolean {
  return ((parent["params"] ?? parent["parameters"]) as unknown[]).some((parameter) => same(parameter, node));
}
