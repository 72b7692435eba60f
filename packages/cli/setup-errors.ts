import type { SetupError, SetupErrorCode } from "pulumi-local-cloud/errors";

/** The option that fixes each of the local cloud's errors; its messages end with the fix, without the option. */
const options: Readonly<Partial<Record<SetupErrorCode, (error: SetupError) => string>>> = {
  PORT_UNAVAILABLE: () => " with --port N",
  FOLDER_IN_USE: () => " with --data DIR",
  FOLDER_UNUSABLE: () => " with --data DIR",
  PROGRAM_MISSING: () => ", for example --program index.ts",
  VALUE_ENCRYPTED: ({ key = "KEY" }) => `: --config ${key}=VALUE`,
};

/** The message of an error of the local cloud's start, with the option that fixes it; undefined for other errors. */
export function messageOfSetupError(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  const option = Object.hasOwn(options, error.code) ? options[error.code as SetupErrorCode] : undefined;
  return option && `${error.message.replace(/\.$/, "")}${option(error as SetupError)}.`;
}
