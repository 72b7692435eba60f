import { expect } from "chai";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createConsole, type ConsoleProgram } from "../../../../packages/local-cloud/console";
import { fromCloud } from "../../../../packages/local-cloud/console/from-cloud";
import { openMailbox, type Mailbox } from "../../../../packages/local-cloud/services/mail";
import { createMachines, type Machines } from "../../../../packages/local-cloud/services/states";

const machineArn = "arn:aws:states:eu-west-1:000000000000:stateMachine:orders";
const definition = {
  StartAt: "Check",
  States: { Check: { Type: "Pass", Next: "Refuse" }, Refuse: { Type: "Fail", Error: "TOO_LATE", Cause: "closed" } },
};

describe("the console of any program", () => {
  let folder: string;
  let machines: Machines;
  let mailbox: Mailbox;
  const servers: Server[] = [];
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "general-console-"));
    machines = await createMachines({
      identity: { partition: "aws", region: "eu-west-1", accountId: "000000000000" },
      storage: folder,
      machines: [{ name: "orders", arn: machineArn, roleArn: "arn:role", definition: JSON.stringify(definition) }],
      functions: { find: () => undefined, invoke: () => Promise.reject(new Error("There is no function.")) },
      authorizer: { authorize: () => undefined },
      emit: () => undefined,
    });
    mailbox = await openMailbox({ folder: join(folder, "mail") });
    const ended = new Promise<void>((done) => machines.watch(({ status }) => status === "FAILED" && done()));
    await machines.start(machineArn, '{"order":"17"}', "run-1");
    await ended;
  });
  after(async () => {
    for (const server of servers) server.close();
    await machines.close();
    await mailbox.close();
    rmSync(folder, { recursive: true });
  });

  const open = async (program?: ConsoleProgram): Promise<(page: string) => Promise<string>> => {
    const graph = {
      project: "shop",
      stack: "dev",
      region: "eu-west-1",
      accountId: "000000000000",
      partition: "aws",
      resources: [],
      stackOutputs: {},
    };
    const sources = fromCloud({ graph, url: "http://127.0.0.1:4566", machines, mailbox, data: folder });
    const handle = createConsole(sources, { program });
    const server = createServer((request, response) => void handle(request, response));
    servers.push(server);
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    return async (page) => (await fetch(`http://127.0.0.1:${port}/_console/${page}`)).text();
  };

  it("shows its machines, executions and mails in words that fit every program", async () => {
    const page = await open();
    const overview = await page("");
    expect(overview)
      .to.include("<title>Overview of shop/dev – Local cloud</title>")
      .and.include("http://127.0.0.1:4566");
    expect(overview).to.include("Check").and.include("Refuse").and.include("No mail yet.");
    expect(await page("executions"))
      .to.include("run-1")
      .and.include("closed");
    expect(await page(`executions/${encodeURIComponent("orders:run-1")}`)).to.include("TOO_LATE");
    for (const path of ["", "executions", "inbox", "logs", "executions/orders%3Arun-1"]) {
      expect((await page(path)).toLowerCase(), path).not.to.match(/avatar|photo|student/);
    }
  });

  it("takes a program's own page, files, styles and words", async () => {
    const page = await open({
      words: {
        title: "Shop",
        subjectHead: "Order",
        subjectOf: (input) => ({ name: (JSON.parse(input) as { order: string }).order, detail: "by phone" }),
        judgement: (error) => (error === "TOO_LATE" ? "The shop was closed." : undefined),
        stateTitle: (name) => (name === "Check" ? "The order is checked" : undefined),
      },
      styles: ".orders { color: red }",
      fileAt: ([first, ...rest]) =>
        Promise.resolve(first === "orders" ? { status: 200, type: "text/plain", body: rest.join("/") } : undefined),
    });
    expect(await page(""))
      .to.include("– Shop</title>")
      .and.include("/_console/assets/program.css");
    expect(await page("assets/program.css")).to.equal(".orders { color: red }");
    expect(await page("orders/17/a.txt")).to.equal("17/a.txt");
    const list = await page("executions");
    expect(list).to.include('<th scope="col">Order</th>').and.include("<bdi>17</bdi>").and.include("by phone");
    expect(list).to.include("The shop was closed.");
    expect(await page("executions/orders%3Arun-1")).to.include("The order is checked");
  });
});
