import { expect } from "chai";
import { isUploadId } from "../../../handlers/contract/keys";
import { derivedId } from "../../../handlers/stores/identify";
import { anEvent } from "../../support/rows";

describe("The id of an object that the server did not name", () => {
  it("is the same for the same version, and another one for another", () => {
    const event = anEvent("uploads/SV001/a.jpg");
    const id = derivedId(event);
    expect(isUploadId(id)).to.equal(true);
    expect(derivedId(anEvent("uploads/SV001/a.jpg"))).to.equal(id);
    const others = [
      anEvent("uploads/SV001/b.jpg"),
      anEvent("uploads/SV001/a.jpg", { "version-id": "v2" }),
      { ...event, detail: { ...event.detail, bucket: { name: "other" } } },
    ];
    for (const other of others) expect(derivedId(other)).to.not.equal(id);
    const later = { ...event, time: "2026-03-01T08:00:00Z" };
    expect(derivedId(later), "told of at another time it is the same version").to.equal(id);
    const { key, size, etag } = event.detail.object;
    const versionless = { ...event, detail: { ...event.detail, object: { key, size, etag } } };
    expect(derivedId({ ...versionless, time: later.time })).to.not.equal(derivedId(versionless));
  });
});
