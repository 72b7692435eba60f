import { runtimeError } from "./errors";
import { evaluateIntrinsic } from "./intrinsics";
import { query, type Scope } from "./paths";

/** Parameters, ResultSelector, ItemSelector: members whose name ends in `.$` are paths or intrinsic functions. */
export function fillTemplate(template: unknown, scope: Scope): unknown {
  if (Array.isArray(template)) return template.map((member) => fillTemplate(member, scope));
  if (template === null || typeof template !== "object") return template;
  return Object.fromEntries(
    Object.entries(template).map(([key, value]) => {
      if (!key.endsWith(".$")) return [key, fillTemplate(value, scope)];
      if (typeof value !== "string") throw runtimeError(`The value for the field '${key}' must be a valid JSONPath`);
      return [key.slice(0, -2), value.startsWith("$") ? query(value, scope, key) : evaluateIntrinsic(value, scope)];
    }),
  );
}
