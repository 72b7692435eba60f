import { expect } from "chai";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { writeAvatarRow } from "../../../handlers/stores/avatar-row";
import { uploadRow } from "../../components/scenarios/shared";
import { anAvatar } from "../../support/rows";

describe("The wall around the stores", () => {
  it("is a list of every attribute with an underscore, and of no function of expressions", async () => {
    const module = pathToFileURL(resolve("tools/lint/table-attributes.mjs")).href;
    const { tableAttributes } = (await import(module)) as { tableAttributes: readonly string[] };
    const written = [...Object.keys(writeAvatarRow(anAvatar())), ...Object.keys(uploadRow())];
    const named = written.filter((name) => name.includes("_") && name !== "student_id");
    expect(named).to.include.members(["face_id", "execution_arn"]);
    expect(tableAttributes).to.include.members([...named, "claimed_at", "file_name", "yielded_to", "instead_of"]);
    expect(tableAttributes.filter((name) => /exists$/.test(name))).to.deep.equal([]);
  });
});
