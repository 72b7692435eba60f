import * as sdk from "@aws-sdk/client-s3";
import { expect } from "chai";

import { owns, type Owned } from "../../../../../packages/local-cloud/gateway/owned";
import { operations } from "../../../../../packages/local-cloud/services/s3/operations";
import { bucket, failure, startS3, type TestS3 } from "./harness";
import { describeObjects } from "./objects";

/** An operation of the API, as the SDK's own model has it. */
interface Modelled {
  readonly name: string;
  readonly method: string;
  /** `/{Key+}?delete` */
  readonly uri: string;
  /** Names on the wire of everything that its request may carry outside the path and the body. */
  readonly query: readonly string[];
  readonly headers: readonly string[];
}

type Traits = { readonly httpQuery?: string; readonly httpHeader?: string; readonly httpPrefixHeaders?: string };

function model(): Modelled[] {
  return Object.entries(sdk).flatMap(([name, schema]: [string, unknown]) => {
    if (!name.endsWith("$") || !Array.isArray(schema) || schema[0] !== 9) return [];
    const [, , operation, { http }, input] = schema as unknown as [
      number,
      string,
      string,
      { http: [method: string, uri: string] },
      () => unknown[],
    ];
    const members = (input()[5] ?? []) as (number | [unknown, (Traits | number)?])[];
    const traits = members.flatMap((member) => {
      const trait = typeof member === "object" ? member[1] : undefined;
      return typeof trait === "object" ? [trait] : [];
    });
    return [
      {
        name: operation,
        method: http[0],
        uri: http[1],
        query: traits.flatMap(({ httpQuery }) => httpQuery ?? []),
        headers: traits.flatMap(({ httpHeader, httpPrefixHeaders }) =>
          httpHeader ? httpHeader.toLowerCase() : httpPrefixHeaders ? `${httpPrefixHeaders.toLowerCase()}*` : [],
        ),
      },
    ];
  });
}

/** Parameters and headers that S3 accepts with every operation. */
const shared = ["x-amz-expected-bucket-owner", "x-amz-request-payer"];

const isOwned = (operation: Owned, header: string) => shared.includes(header) || owns(operation, header);

/** Operations that AWS answers on hosts of their own, of Object Lambda and of directory buckets. */
const elsewhere: ReadonlySet<string> = new Set(["ListDirectoryBuckets", "WriteGetObjectResponse"]);

describe("local S3: what an operation does not own", () => {
  let cloud: TestS3;
  before(async () => {
    const everything = { Effect: "Allow", Principal: "*", Action: "s3:*" };
    cloud = await startS3({
      buckets: [bucket("open", { versioned: true })],
      policies: {
        open: {
          Version: "2012-10-17",
          Statement: [{ ...everything, Resource: ["arn:aws:s3:::open", "arn:aws:s3:::open/*"] }],
        },
      },
    });
    await cloud.s3.putObject("open", "photo.jpg", Buffer.from("a photo"), { metadata: { student: "an" } });
  });
  after(() => cloud.stop());

  function send(method: string, path: string, query: URLSearchParams, headers: Record<string, string> = {}) {
    return fetch(`${cloud.gateway.url}${path}?${query.toString()}`, { method, headers });
  }

  /** The address of an operation, with the parameters that distinguish it. */
  function address({ uri, query }: Modelled): { path: string; params: URLSearchParams } {
    const [path = "", constant = ""] = uri.split("?");
    const params = new URLSearchParams(constant);
    if (query.includes("uploadId")) params.set("uploadId", "1");
    return { path: `/open${path.replace("/{Key+}", "/photo.jpg").replace(/^\/$/, "")}`, params };
  }

  function state() {
    return cloud.s3
      .listObjects("open")
      .map(({ key, versionId, etag, metadata }) => ({ key, versionId, etag, metadata }));
  }

  it("is refused by name where it makes another operation, and changes nothing", async () => {
    const before = state();
    const unserved = model().filter(({ name }) => !operations.has(name) && !elsewhere.has(name));
    expect(unserved.length).to.be.greaterThan(70);
    for (const operation of unserved) {
      const { path, params } = address(operation);
      const response = await send(operation.method, path, params);
      expect(`${operation.name} ${String(response.status)}`).to.equal(`${operation.name} 501`);
      if (operation.method !== "HEAD") expect(await response.text()).to.include("<Code>NotImplemented</Code>");
      expect(state(), operation.name).to.deep.equal(before);
    }
  });

  it("is refused by name where it is an option of an operation that is served", async () => {
    const before = state();
    let refused = 0;
    for (const operation of model()) {
      const owned = operations.get(operation.name);
      if (!owned) continue;
      const { path, params } = address(operation);
      const where = operation.name === "ListBuckets" ? "/" : path;
      const copy: Record<string, string> = operation.name.includes("Copy")
        ? { "x-amz-copy-source": "open/photo.jpg" }
        : {};
      for (const name of operation.headers.filter((header) => header.startsWith("x-amz-") && !isOwned(owned, header))) {
        const response = await send(operation.method, where, params, { ...copy, [name]: "1" });
        expect(`${operation.name} ${name} ${String(response.status)}`).to.equal(`${operation.name} ${name} 501`);
        if (operation.method !== "HEAD") expect(await response.text()).to.include(name);
        refused++;
      }
      for (const name of [...operation.query, "nonsense"].filter((one) => !owned.query?.includes(one))) {
        const response = await send(operation.method, where, new URLSearchParams([...params, [name, "1"]]), copy);
        expect(`${operation.name} ${name} ${String(response.status)}`).to.equal(`${operation.name} ${name} 501`);
        refused++;
      }
    }
    expect(refused).to.be.greaterThan(60);
    expect(state()).to.deep.equal(before);
  });

  it("is not what the API has no word for: every name that an operation owns is the API's", () => {
    const known = new Map(model().map((operation) => [operation.name, operation]));
    for (const { name, query = [], headers = [] } of operations.values()) {
      const modelled = known.get(name);
      if (!modelled) {
        expect(name).to.equal("PostObject");
        continue;
      }
      const selects = [...new URLSearchParams(modelled.uri.split("?")[1]).keys()];
      for (const one of query) expect([...modelled.query, ...selects], name).to.include(one);
      // The framing of a body is independent of the operation.
      const framing = ["x-amz-decoded-content-length", "x-amz-sdk-checksum-algorithm", "x-amz-trailer"];
      for (const one of headers.filter((header) => !framing.includes(header) && !/checksum-(sha|crc)/.test(header))) {
        expect(modelled.headers, name).to.include(one);
      }
    }
  });

  it("may be anything that begins with x-, which AWS keeps for the access log", async () => {
    expect((await send("GET", "/open/photo.jpg", new URLSearchParams({ "x-page": "12" }))).status).to.equal(200);
  });
});

describeObjects("local S3: options that AWS refuses or judges", (world) => {
  const { PutObjectCommand, DeleteObjectCommand, DeleteObjectsCommand, GetObjectCommand } = sdk;

  it("names the conditions of a deletion other than the ETag, and deletes nothing", async () => {
    const { client, put, read } = world();
    await put("plain", "kept");
    const Size = 4;
    const LastModified = new Date();
    const refused = [
      new DeleteObjectCommand({ Bucket: "plain", Key: "kept", IfMatchSize: Size }),
      new DeleteObjectCommand({ Bucket: "plain", Key: "kept", IfMatchLastModifiedTime: LastModified }),
    ];
    for (const command of refused) expect(await failure(client.send(command))).to.equal("NotImplemented 501");
    const listed = [
      { Key: "kept", Size },
      { Key: "kept", LastModifiedTime: LastModified },
    ];
    for (const object of listed) {
      const Delete = { Objects: [{ Key: "kept" }, object] };
      expect(await failure(client.send(new DeleteObjectsCommand({ Bucket: "plain", Delete })))).to.equal(
        "NotImplemented 501",
      );
    }
    expect(await read("plain", "kept")).to.equal("kept");
  });

  it("refuses PUT If-Match: *, which only a deletion may say", async () => {
    const { client, put, read } = world();
    await put("plain", "there", "before");
    const command = new PutObjectCommand({ Bucket: "plain", Key: "there", Body: "after", IfMatch: "*" });
    expect(await failure(client.send(command))).to.equal("NotImplemented 501");
    expect(await read("plain", "there")).to.equal("before");
    await client.send(new DeleteObjectCommand({ Bucket: "plain", Key: "there", IfMatch: "*" }));
    expect(await failure(read("plain", "there"))).to.equal("NoSuchKey 404");
  });

  it("refuses a part and a range in one read", async () => {
    const { client, put } = world();
    await put("plain", "whole", "0123456789");
    const command = { Bucket: "plain", Key: "whole", PartNumber: 1 };
    expect(await failure(client.send(new GetObjectCommand({ ...command, Range: "bytes=0-3" })))).to.equal(
      "InvalidRequest 400",
    );
    const { ContentRange } = await client.send(new GetObjectCommand(command));
    expect(ContentRange).to.equal("bytes 0-9/10");
  });

  it("refuses elements of a document that it does not know", async () => {
    const { client, put } = world();
    await put("plain", "tagged");
    client.middlewareStack.add(
      (next) => (args) => {
        const request = args.request as { body: unknown };
        if (typeof request.body === "string" && request.body.includes("<TagSet>")) {
          request.body = request.body.replace("<TagSet>", "<Expires>1</Expires><TagSet>");
        }
        return next(args);
      },
      { step: "build", name: "alter", priority: "high" },
    );
    try {
      const Tagging = { TagSet: [{ Key: "a", Value: "b" }] };
      const command = new sdk.PutObjectTaggingCommand({ Bucket: "plain", Key: "tagged", Tagging });
      expect(await failure(client.send(command))).to.equal("NotImplemented 501");
    } finally {
      client.middlewareStack.remove("alter");
    }
  });

  it("lists buckets by name and region, page by page", async () => {
    const { client } = world();
    const list = async (input: sdk.ListBucketsCommandInput) => {
      const { Buckets, ContinuationToken } = await client.send(new sdk.ListBucketsCommand(input));
      return { names: Buckets?.map(({ Name }) => Name) ?? [], next: ContinuationToken };
    };
    const first = await list({ MaxBuckets: 1 });
    expect(first.names).to.deep.equal(["plain"]);
    expect(await list({ MaxBuckets: 1, ContinuationToken: first.next })).to.deep.equal({
      names: ["versioned"],
      next: undefined,
    });
    expect((await list({ Prefix: "v" })).names).to.deep.equal(["versioned"]);
    expect((await list({ BucketRegion: "eu-west-1" })).names).to.deep.equal([]);
    expect(await failure(list({ MaxBuckets: 0 }))).to.equal("InvalidArgument 400");
  });
});
