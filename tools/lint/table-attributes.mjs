// @ts-check
/**
 * The attributes of the tables, read from handlers/stores, the only place that writes their names. Attributes have an
 * underscore, which nothing else there has but the functions and the placeholders of expressions.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const stores = join(import.meta.dirname, "../../handlers/stores");

/** Apart from `student_id`, which the topics' messages have as well. */
export const tableAttributes = [
  ...new Set(
    readdirSync(stores).flatMap(
      (file) =>
        // Comments are left out: they name files and tests.
        readFileSync(join(stores, file), "utf8")
          .replace(/\/\*[^]*?\*\/|\/\/.*/g, "")
          .match(/(?<![:#\w-])[a-z]+(_[a-z]+)+\b(?!\()/g) ?? [],
    ),
  ),
]
  .filter((name) => name !== "student_id")
  .sort();
