import { AvatarPipeline, SiteAccess } from "avatar-pipeline";
import { expect } from "chai";
import { evaluate } from "./harness";

describe("The names of resources", () => {
  it("of two instances never meet, whatever the instances are called", async () => {
    const options = {
      notifications: { sender: "avatars@school.example", operatorEmails: ["operations@school.example"] },
      site: { access: SiteAccess.Open },
    };
    const { resources } = await evaluate(() => [new AvatarPipeline("x", options)]);
    const parts = resources.filter(({ name }) => name.startsWith("x-")).map(({ type, name }) => [type, name.slice(2)]);
    expect(parts.length).to.be.greaterThan(50);
    // An instance `x-mail` with a part `failed` would meet the part `mail-failed` of an instance `x`.
    const meeting = parts.flatMap(([type, part]) =>
      parts
        .filter(([other, longer]) => other === type && longer?.endsWith(`-${part}`))
        .map(([, longer]) => [type, longer]),
    );
    expect(meeting).to.deep.equal([]);
  });
});
