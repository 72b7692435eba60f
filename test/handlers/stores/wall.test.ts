import { expect } from "chai";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { writeAvatarRow } from "../../../handlers/stores/avatar-row";
import { uploadRow } from "../../components/scenarios/shared";
import { anAvatar } from "../../support/rows";

describe("The wall around the stores", () => {
  it("is a list of every attribute with an underscore, and of nothing else", async () => {
    const module = pathToFileURL(resolve("tools/lint/table-attributes.mjs")).href;
    const { tableAttributes } = (await import(module)) as { tableAttributes: readonly string[] };
    const written = [...Object.keys(writeAvatarRow(anAvatar())), ...Object.keys(uploadRow())];
    const named = written.filter((name) => name.includes("_") && name !== "student_id");
    expect(named).to.include.members(["face_id", "execution_arn"]);
    expect(tableAttributes).to.include.members([...named, "claimed_at", "file_name", "yielded_to", "instead_of"]);
    for (const name of tableAttributes) expect(name).to.match(/^[a-z]+_(at|id|arn|name|key|to|of)$/);
  });
});
