// @ts-check
/**
 * Writes provider/schema.json from the sources of the component. With `--check` it writes nothing and fails if the file
 * differs from the sources.
 */
import analyzer from "@pulumi/pulumi/provider/experimental/analyzer.js";
import generator from "@pulumi/pulumi/provider/experimental/schema.js";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import prettier from "prettier";
import ts from "typescript";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const provider = join(root, "provider");
const components = join(root, "components");
const { name, description } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/**
 * The analyzer refuses unions, including the `| undefined` that an optional option needs for consumers who compile with
 * exactOptionalPropertyTypes. This subclass reads `x?: T | undefined` as `x?: T`.
 */
const LenientAnalyzer = /** @type {any} */ (
  class extends /** @type {any} */ (analyzer.Analyzer) {
    analyzeType(context, type, location, ...rest) {
      const node = location?.type;
      const [first, second] = node && ts.isUnionTypeNode(node) ? node.types : [];
      if (first === undefined || second?.kind !== ts.SyntaxKind.UndefinedKeyword) {
        return super.analyzeType(context, type, location, ...rest);
      }
      const plain = Object.create(location, { type: { value: first } });
      return super.analyzeType(context, this.checker.getTypeFromTypeNode(first), plain, ...rest);
    }
  }
);

/** The schema; the provider inserts the package's version, so that a release changes one file. */
function generate() {
  const entry = { main: join(components, "index.js") };
  const analysis = new LenientAnalyzer(provider, name, entry, new Set(["AvatarPipeline"])).analyze();
  addDefaults(analysis.typeDefinitions);
  const schema = generator.generateSchema(
    name,
    "",
    description,
    analysis.components,
    analysis.typeDefinitions,
    analysis.dependencies,
  );
  delete schema.version;
  return schema;
}

/**
 * The analyzer reads a docstring's text but not its tags: the defaults and their reasons are needed in every language.
 */
function addDefaults(types) {
  const file = join(components, "args.ts");
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.ES2022, true);
  for (const declared of source.statements.filter(ts.isInterfaceDeclaration)) {
    for (const member of declared.members) {
      const property = types[declared.name.text]?.properties[member.name?.getText() ?? ""];
      const tag = ts.getJSDocTags(member).find(({ tagName }) => tagName.text === "default");
      if (property && tag) property.description += `\n\nDefault: ${ts.getTextOfJSDocComment(tag.comment)}`;
    }
  }
}

const path = join(provider, "schema.json");
const text = await prettier.format(JSON.stringify(generate()), {
  ...(await prettier.resolveConfig(path)),
  parser: "json",
});
if (!process.argv.includes("--check")) writeFileSync(path, text);
else if (readFileSync(path, "utf8") !== text) {
  console.error("provider/schema.json is not what components/ says; run `npm run generate`.");
  process.exitCode = 1;
}
