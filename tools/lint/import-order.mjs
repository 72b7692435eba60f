// @ts-check
/**
 * The order of imports: packages, then files of parent folders, then files of this folder. Within a group the order is
 * free. `eslint --fix` sorts a block that has no comments in it.
 *
 * Our own rule: the existing plugins bring dozens of dependencies, or an order that no file here follows.
 */

/** @param {string} specifier */
function rankOf(specifier) {
  if (!specifier.startsWith(".")) return 0;
  return specifier.startsWith("..") ? 1 : 2;
}

/** @type {import("eslint").Rule.RuleModule} */
export const importOrder = {
  meta: {
    type: "layout",
    fixable: "code",
    schema: [],
    messages: { order: "Import packages first, then files of parent folders, then files of this folder." },
  },
  create(context) {
    return {
      Program(program) {
        const imports = program.body.filter((node) => node.type === "ImportDeclaration");
        const ranks = imports.map(({ source }) => rankOf(String(source.value)));
        const wrong = imports.find((_, index) => (ranks[index] ?? 0) < (ranks[index - 1] ?? 0));
        if (wrong === undefined) return;
        const { sourceCode } = context;
        const [first] = imports;
        const last = imports.at(-1);
        if (first === undefined || last === undefined) return;
        /** @type {[number, number]} */
        const range = [first.range?.[0] ?? 0, last.range?.[1] ?? 0];
        const isBlock = sourceCode.getAllComments().every((comment) => {
          const [start = 0] = comment.range ?? [];
          return start < range[0] || start > range[1];
        });
        const between = program.body.slice(program.body.indexOf(first), program.body.indexOf(last));
        const canFix = isBlock && between.every((node) => node.type === "ImportDeclaration");
        const sorted = [0, 1, 2].flatMap((rank) => imports.filter((_, index) => ranks[index] === rank));
        context.report({
          node: wrong,
          messageId: "order",
          fix: canFix
            ? (fixer) => fixer.replaceTextRange(range, sorted.map((node) => sourceCode.getText(node)).join("\n"))
            : null,
        });
      },
    };
  },
};
