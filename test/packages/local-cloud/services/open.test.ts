import { expect } from "chai";
import { mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { servedTypes, services } from "../../../../packages/local-cloud/services";
import type { LocalService } from "../../../../packages/local-cloud/services/module";
import { openServices, type Surroundings } from "../../../../packages/local-cloud/services/open";
import { messageOf } from "../../../support/errors";

const surroundings = (data: string): Surroundings => ({
  graph: {
    project: "p",
    stack: "dev",
    region: "ap-southeast-1",
    accountId: "000000000000",
    partition: "aws",
    resources: [],
    stackOutputs: {},
  },
  identity: { partition: "aws", region: "ap-southeast-1", accountId: "000000000000" },
  url: "http://127.0.0.1:1",
  data,
  credentials: {} as Surroundings["credentials"],
  authorizer: {} as Surroundings["authorizer"],
  faults: undefined,
  options: {},
  warn: () => undefined,
});

describe("the services of the local cloud", () => {
  let data: string;
  let done: string[];
  beforeEach(() => {
    data = mkdtempSync(join(tmpdir(), "services-"));
    done = [];
  });

  /** A service that records the calls to it. */
  const noting = (name: string, more: Partial<LocalService> = {}): LocalService => ({
    name,
    serves: [],
    declared: () => done.push(`${name} declared`),
    open({ folder }) {
      folder(name);
      done.push(`${name} open`);
      return {
        part: name,
        start: () => void done.push(`${name} start`),
        stop: () => Promise.resolve(void done.push(`${name} stop`)),
        close: () => Promise.resolve(void done.push(`${name} close`)),
      };
    },
    ...more,
  });

  it("have names and types of their own", () => {
    expect(new Set(services.map(({ name }) => name)).size).to.equal(services.length);
    expect(new Set(servedTypes).size).to.equal(servedTypes.length);
    expect(servedTypes.every((type) => /^aws:\w+\/\w+:\w+$/.test(type))).to.equal(true);
  });

  it("open and start in the order of the list, and end from the last to the first", async () => {
    const open = await openServices([noting("a"), noting("b")], surroundings(data));
    await open.start();
    await open.stop();
    await open.close();
    const way = ["declared", "open", "start", "stop", "close"].flatMap((what) => {
      const both = [`a ${what}`, `b ${what}`];
      return what === "stop" || what === "close" ? both.reverse() : both;
    });
    expect(done).to.deep.equal(way);
  });

  it("are all read before one is opened: a mistake in the program touches no file", async () => {
    const wrong = noting("b", {
      declared() {
        throw new Error("no such runtime");
      },
    });
    const failure = await openServices([noting("a"), wrong], surroundings(data)).catch(messageOf);
    expect([failure, readdirSync(data)]).to.deep.equal(["no such runtime", []]);
  });

  it("are closed again when one of them cannot be opened", async () => {
    const wrong = noting("b", { open: () => Promise.reject(new Error("no space left")) });
    const failure = await openServices([noting("a"), wrong], surroundings(data)).catch(messageOf);
    expect([failure, ...done.slice(2)]).to.deep.equal(["no space left", "a open", "a stop", "a close"]);
  });

  it("hand over to the service of an ARN, and use the parts of those before them alone", async () => {
    const taken: string[] = [];
    const queues = noting("sqs", {
      take: (part, { body }) => Promise.resolve(void taken.push(`${String(part)}: ${body}`)),
    });
    const user = noting("user", {
      async open({ part, takes, handOver }) {
        expect(() => part(last)).to.throw(/last is not open yet: list it before/);
        expect([takes("arn:aws:sqs:r:1:q"), takes("arn:aws:kinesis:r:1:s")]).to.deep.equal([true, false]);
        const more = { sender: "events.amazonaws.com", sourceArn: "arn:rule", untilEnded: true };
        await handOver({ arn: "arn:aws:sqs:r:1:q", body: "text", ...more });
        return { part: part(queues) };
      },
    });
    const last = noting("last");
    const open = await openServices([queues, user, last], surroundings(data));
    expect([taken, open.part(user)]).to.deep.equal([["sqs: text"], "sqs"]);
  });
});
