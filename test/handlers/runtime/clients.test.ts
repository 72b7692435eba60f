import { expect } from "chai";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { s3 } from "../../../handlers/runtime/clients";
import { asMachineError } from "../../../handlers/runtime/step";
import { errorOf } from "../../support/errors";

describe("A function's client", () => {
  const own: Record<string, string> = { AWS_REGION: "eu-west-1", AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" };
  const before_ = { ...process.env };
  let server: Server;
  before(async () => {
    server = createServer((_request, response) => {
      response.writeHead(200, { "content-length": "1000" });
      response.write("the beginning");
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const { port } = server.address() as AddressInfo;
    Object.assign(process.env, own, { AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` });
  });
  after(() => {
    for (const name of [...Object.keys(own), "AWS_ENDPOINT_URL"]) {
      const value = before_[name];
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
    server.closeAllConnections();
    server.close();
  });

  it("gives up a body that stalls, long before the function's own time is over, as an outage", async () => {
    const { Body: body } = await s3().getObject({ Bucket: "photos", Key: "stalls.jpg" });
    expect(body).not.to.equal(undefined);
    const error = await errorOf(body?.transformToByteArray() ?? Promise.resolve());
    expect(asMachineError(error).name, String(error)).to.equal("Unavailable");
  });
});
