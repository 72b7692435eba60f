import { expect } from "chai";
import { setupError, type SetupErrorCode } from "pulumi-local-cloud/errors";
import { messageOfSetupError } from "../../../packages/cli/setup-errors";

describe("errors of the local cloud's start, on the command line", () => {
  const cases: readonly (readonly [SetupErrorCode, string, string])[] = [
    ["PORT_UNAVAILABLE", "Stop that one, or choose another.", "Stop that one, or choose another with --port N."],
    [
      "FOLDER_IN_USE",
      "Stop that one, or choose another folder.",
      "Stop that one, or choose another folder with --data DIR.",
    ],
    ["FOLDER_UNUSABLE", "Choose another.", "Choose another with --data DIR."],
    ["PROGRAM_MISSING", "Name its entry file.", "Name its entry file, for example --program index.ts."],
    ["VALUE_ENCRYPTED", "Give a value for local use.", "Give a value for local use: --config token=VALUE."],
  ];
  for (const [code, message, told] of cases) {
    it(`name the option that fixes them: ${told}`, () => {
      expect(messageOfSetupError(setupError(code, message, { key: "token" }))).to.equal(told);
    });
  }

  it("leave every other error as it is", () => {
    for (const error of [new Error("a"), Object.assign(new Error("a"), { code: "ENOENT" }), "a", undefined]) {
      expect(messageOfSetupError(error)).to.equal(undefined);
    }
  });
});
