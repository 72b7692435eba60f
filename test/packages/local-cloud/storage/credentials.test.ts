import { expect } from "chai";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  credentialsFile,
  operatorSecret,
  readOperatorSecret,
} from "../../../../packages/local-cloud/storage/credentials";
import { lockFolder } from "../../../../packages/local-cloud/storage/lock";

describe("a data folder's credentials", () => {
  let place: string;
  const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);
  beforeEach(() => (place = mkdtempSync(join(tmpdir(), "credentials-"))));
  afterEach(() => rmSync(place, { recursive: true }));

  it("are random, kept, and of no other folder", () => {
    const folders = ["one", "two"].map((name) => join(place, name));
    folders.forEach((folder) => mkdirSync(folder));
    const [one = "", two = ""] = folders.map(operatorSecret);
    expect(one).to.match(/^[\w-]{40}$/);
    expect(two).not.to.equal(one);
    expect(operatorSecret(join(place, "one"))).to.equal(one);
    expect(readOperatorSecret(join(place, "one"))).to.equal(one);
  });

  it("are for their owner alone, and so is the folder, even one that an earlier version left open", () => {
    const data = join(place, "data");
    mkdirSync(data, { mode: 0o755 });
    lockFolder(data).release();
    expect(modeOf(data)).to.equal("700");
    operatorSecret(data);
    const file = join(data, credentialsFile);
    expect(modeOf(file)).to.equal("600");
    chmodSync(file, 0o644);
    operatorSecret(data);
    expect(modeOf(file)).to.equal("600");
    lockFolder(join(place, "new")).release();
    expect(modeOf(join(place, "new"))).to.equal("700");
  });

  it("are written as AWS's shared credentials file", () => {
    const secret = operatorSecret(place);
    expect(readFileSync(join(place, credentialsFile), "utf8")).to.equal(
      `[default]\naws_access_key_id = local\naws_secret_access_key = ${secret}\n`,
    );
  });

  it("are unknown to a command that finds none", () => {
    expect(readOperatorSecret(place)).to.equal(undefined);
  });
});
