// @ts-check
import js from "@eslint/js";
import prettier from "eslint-config-prettier";
import tseslint from "typescript-eslint";
import { importOrder } from "./tools/lint/import-order.mjs";
import { tableAttributes } from "./tools/lint/table-attributes.mjs";

/**
 * One dialect: PascalCase is for what AWS names so, and no constant is in capitals.
 *
 * @type {["error", ...object[]]}
 */
const naming = [
  "error",
  { selector: "typeLike", format: ["PascalCase"] },
  { selector: "function", format: ["camelCase", "PascalCase"] },
  { selector: "enumMember", format: ["PascalCase"] },
  // Their names are those of what is taken apart.
  { selector: ["variable", "parameter"], modifiers: ["destructured"], format: null },
  {
    selector: ["variable", "parameter"],
    format: ["camelCase", "PascalCase"],
    // The rule's PascalCase allows these.
    custom: { regex: "^[A-Z][A-Z0-9]+$", match: false },
    leadingUnderscore: "allowSingleOrDouble",
    trailingUnderscore: "allow",
  },
];

/** What only handlers/stores may write: the language of the tables. */
const tableSyntax = [
  "Property[key.name=/^((Condition|Update|Filter|KeyCondition|Projection)Expression|ExpressionAttribute(Names|Values))$/]",
  "Property[key.name=/^(S|N|B|M|L|SS|NS|BS|BOOL|NULL)$/]",
  "MemberExpression[property.name=/^(S|N|B|M|L|SS|NS|BS|BOOL|NULL)$/]",
];
const attributes = `/^(${tableAttributes.join("|")})$/`;
/** @param {string[]} selectors */
const onlyStores = (selectors) =>
  selectors.map((selector) => ({
    selector,
    message: "Only handlers/stores names attributes and writes expressions: add a function to the store.",
  }));

export default tseslint.config(
  {
    ignores: [
      "**/lib/**",
      "build/**",
      ".build-*/**",
      "dist/**",
      "node_modules/",
      ".avatar-pipeline/",
      "examples/**/node_modules/",
    ],
  },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  prettier,
  { plugins: { house: { rules: { "import-order": importOrder } } }, rules: { "house/import-order": "error" } },
  { files: ["**/*.js", "**/*.mjs", "**/*.cjs"], ...tseslint.configs.disableTypeChecked },
  {
    files: ["**/*.ts"],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/consistent-type-imports": ["error", { disallowTypeAnnotations: false }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/no-confusing-void-expression": [
        "error",
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      "@typescript-eslint/naming-convention": naming,
      // Not "all": prettier keeps a guard of one line on its line, and braces would make three of it.
      curly: ["error", "multi-line"],
      eqeqeq: ["error", "always", { null: "ignore" }],
    },
  },
  {
    // AssemblyScript has types of its own, and addresses that are named as the file formats name what is there.
    files: ["packages/imaging/kernel/**/*.ts"],
    rules: { "@typescript-eslint/naming-convention": "off" },
  },
  {
    // A serialized handler loads the SDK inside its factory: the Lambda runtime has it, the deployer does not.
    files: ["handlers/**/*.ts"],
    rules: { "@typescript-eslint/no-require-imports": "off" },
  },
  {
    // The wall around the contract: pages run it as well, so that it can rest on nothing but itself and the language.
    files: ["handlers/contract/**/*.ts"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              regex: "^(?!\\./)",
              message: "handlers/contract imports nothing outside itself: pages run it as well.",
            },
          ],
        },
      ],
      "no-restricted-globals": [
        "error",
        ...["Buffer", "process", "require", "global", "__dirname", "document", "window", "fetch", "setTimeout"].map(
          (name) => ({
            name,
            message: "handlers/contract runs in Node and in browsers: nothing of either may be used in it.",
          }),
        ),
      ],
    },
  },
  {
    // The local cloud is for any Pulumi program: it may know nothing of the one in this repository.
    files: ["packages/local-cloud/**/*.ts"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              regex: "(^|/)(handlers|components|site|provider|packages/cli)(/|$)|^avatar-pipeline",
              message: "packages/local-cloud is for any Pulumi program and imports nothing of this one's.",
            },
          ],
        },
      ],
    },
  },
  {
    // The wall around the stores: each read and each write of a table stands there, with its condition.
    files: ["packages/cli/**/*.ts"],
    rules: { "no-restricted-syntax": ["error", ...onlyStores(tableSyntax)] },
  },
  {
    // As well without the attributes' names. The reports of packages/cli are CSV files whose columns have some of them.
    files: ["handlers/**/*.ts", "components/**/*.ts", "site/**/*.ts"],
    ignores: ["handlers/stores/**"],
    rules: {
      "no-restricted-syntax": [
        "error",
        ...onlyStores([
          ...tableSyntax,
          `Literal[value=${attributes}]`,
          `Property[key.name=${attributes}]`,
          `MemberExpression[property.name=${attributes}]`,
        ]),
      ],
    },
  },
  {
    files: ["packages/cli/bin/*.js"],
    languageOptions: {
      sourceType: "commonjs",
      globals: {
        __dirname: "readonly",
        __filename: "readonly",
        require: "readonly",
        process: "readonly",
        console: "readonly",
      },
    },
    rules: { "@typescript-eslint/no-require-imports": "off" },
  },
  {
    files: ["site/**/*.js"],
    languageOptions: { sourceType: "script", globals: { window: "readonly", document: "readonly" } },
  },
  {
    files: ["tools/**/*.mjs", "test/*.mjs", "*.mjs", "**/*.cjs"],
    languageOptions: { globals: { process: "readonly", console: "readonly", URL: "readonly", Buffer: "readonly" } },
  },
  {
    // They import the package by its name, which is installed beside them and not here; a test compiles them there.
    files: ["examples/**"],
    ...tseslint.configs.disableTypeChecked,
  },
  {
    // In a test, a value that is not there, or a method that was taken from its object and needs it, fails the test, as
    // it should.
    files: ["test/**"],
    rules: { "@typescript-eslint/no-non-null-assertion": "off", "@typescript-eslint/unbound-method": "off" },
  },
  {
    // Pixels and vectors: their loops stay inside arrays whose lengths they set.
    files: ["packages/local-cloud/services/rekognition/{faces/**,face-index.ts}"],
    rules: { "@typescript-eslint/no-non-null-assertion": "off" },
  },
);
