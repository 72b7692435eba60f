import type { Locale } from "../contract/reasons";
import { namedError } from "./errors";

/**
 * The environment variables that a function can be given. The component has the value of each
 * (components/flow/functions.ts).
 */
export type SettingName =
  | "ACCESS"
  | "AVATAR_TABLE"
  | "COLLECTION_ID"
  | "DAILY_LIMITS"
  | "DEFAULT_LOCALE"
  | "DUPLICATE_SIMILARITY"
  | "FACE_RULES"
  | "FAILURE_TOPIC_ARN"
  | "INVITATION_KEY"
  | "MAIL_COUNT_TABLE"
  | "PHOTO_BUCKET"
  | "SENDER"
  | "SETTLE_SECONDS"
  | "STATE_MACHINE_ARN"
  | "STEP_PHASES"
  | "STUDENT_DOMAINS"
  | "SUCCESS_TOPIC_ARN"
  | "THUMBNAIL_RULES"
  | "UPLOAD_EXPIRY_SECONDS"
  | "UPLOAD_LIMITS"
  | "UPLOAD_ROW_DAYS"
  | "UPLOAD_TABLE";

/** The reader of a handler's setting from its function's environment. */
export interface Setting<Value> {
  readonly from: SettingName;
  /** Serialized with the function. Receives the variable's text, and a reader of the variables in `also`. */
  readonly read: (text: string, setting: (name: SettingName) => string) => Value;
  /** Further variables that `read` may ask for. */
  readonly also?: readonly SettingName[];
}

export type SettingsOf<Settings> = { readonly [Name in keyof Settings]: Setting<Settings[Name]> };

export const text = (from: SettingName): Setting<string> => ({ from, read: String });
export const number = (from: SettingName): Setting<number> => ({ from, read: Number });
/** A setting that the component writes as JSON; `never` is assignable to any type that the handler declares. */
export const json = (from: SettingName): Setting<never> => ({ from, read: parsed });

const parsed = (given: string): never => JSON.parse(given) as never;

export const uploadTable = text("UPLOAD_TABLE");
export const avatarTable = text("AVATAR_TABLE");
export const collectionId = text("COLLECTION_ID");
export const photoBucket = text("PHOTO_BUCKET");
/** 0–100. */
export const duplicateSimilarity = number("DUPLICATE_SIMILARITY");
/** The days for which an upload's row is kept. */
export const rowDays = number("UPLOAD_ROW_DAYS");
export const defaultLocale: Setting<Locale> = { from: "DEFAULT_LOCALE", read: (locale) => locale as Locale };

/**
 * Reads a variable of the function's environment.
 *
 * @throws MissingSetting if it is not set, which is a fault of the deployment
 */
export function setting(name: SettingName): string {
  const value = process.env[name];
  if (value === undefined || value === "") {
    throw namedError("MissingSetting", `The environment variable ${name} is not set; deploy the stack again.`);
  }
  return value;
}
