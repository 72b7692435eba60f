import { eraseStudentGrants } from "./erase-student/grants";
import { eraseStudentFactory } from "./erase-student/handler";
import type { OperatorGrants } from "./runtime/grants";
import type { Handler } from "./runtime/step";
import { reconcileGrants } from "./reconcile/grants";
import { reconcileFactory } from "./reconcile/handler";
import type { SettingName } from "./steps";

/** The settings of the operator's functions: the steps', and what only exists once the machine does. */
export type OperatorSettingName = SettingName | "PHOTO_BUCKET" | "STATE_MACHINE_ARN" | "SETTLE_SECONDS";

/** A function that an operator or a schedule calls; no part of the machine. */
export interface Operation {
  readonly name: string;
  readonly factory: () => Handler<never, unknown>;
  readonly grants: OperatorGrants;
  readonly settings: readonly OperatorSettingName[];
  /** MB. */
  readonly memorySize: number;
  /** Seconds. */
  readonly timeout: number;
}

export const operations: readonly Operation[] = [
  {
    name: "Reconcile",
    factory: reconcileFactory,
    grants: reconcileGrants,
    settings: [
      "UPLOAD_TABLE",
      "AVATAR_TABLE",
      "COLLECTION_ID",
      "PHOTO_BUCKET",
      "STATE_MACHINE_ARN",
      "DUPLICATE_SIMILARITY",
    ],
    // It holds a line for every face, object and row: about 1 KB a student.
    memorySize: 1024,
    timeout: 900,
  },
  {
    name: "EraseStudent",
    factory: eraseStudentFactory,
    grants: eraseStudentGrants,
    settings: ["UPLOAD_TABLE", "AVATAR_TABLE", "COLLECTION_ID", "PHOTO_BUCKET", "SETTLE_SECONDS"],
    memorySize: 256,
    timeout: 900,
  },
];

/** Longer than any step's function can run: how long an erasure waits for uploads on their way. */
export const settleSeconds = 65;
