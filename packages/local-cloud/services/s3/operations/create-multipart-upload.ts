import { randomBytes } from "node:crypto";

import type { MultipartUpload } from "../store";
import { readAttributes } from "../wire/attributes";
import { algorithmOf } from "../wire/checksums";
import { invalidArgument, s3Error } from "../wire/errors";
import { headersBelow, sendXml, type Exchange } from "../wire/exchange";
import { attributeHeaders, type Operation } from "./operation";
import { authorizeWrite } from "./writing";

export const createMultipartUpload: Operation = {
  name: "CreateMultipartUpload",
  query: ["uploads"],
  headers: [...attributeHeaders, "x-amz-checksum-algorithm", "x-amz-checksum-type"],
  perform: create,
};

function create(exchange: Exchange): void {
  const { core, bucket, key } = exchange;
  authorizeWrite(exchange);
  const checksum = readChecksumPlan(exchange);
  const upload: MultipartUpload = {
    // Letters and digits only, like AWS's: clients put it into a query without escaping.
    id: randomBytes(48).toString("hex"),
    bucket: bucket.name,
    key,
    initiated: core.now().getTime(),
    attributes: readAttributes(exchange.header, headersBelow(exchange, "x-amz-meta-")),
    checksum,
  };
  core.store.commit({ do: "begin", upload });
  sendXml(
    exchange,
    "InitiateMultipartUploadResult",
    { Bucket: bucket.name, Key: key, UploadId: upload.id },
    {
      "x-amz-server-side-encryption": "AES256",
      "x-amz-checksum-algorithm": checksum?.algorithm,
      "x-amz-checksum-type": checksum?.type,
    },
  );
}

function readChecksumPlan(exchange: Exchange): MultipartUpload["checksum"] {
  const name = exchange.header("x-amz-checksum-algorithm");
  if (name === undefined) return undefined;
  const algorithm = algorithmOf(name);
  if (!algorithm) {
    throw invalidArgument("x-amz-checksum-algorithm", name, "Checksum algorithm provided is unsupported.");
  }
  const sha = algorithm === "SHA1" || algorithm === "SHA256";
  const type = exchange.header("x-amz-checksum-type") ?? (algorithm === "CRC64NVME" ? "FULL_OBJECT" : "COMPOSITE");
  if (
    (type !== "FULL_OBJECT" && type !== "COMPOSITE") ||
    type === (sha ? "FULL_OBJECT" : algorithm === "CRC64NVME" ? "COMPOSITE" : "")
  ) {
    throw s3Error(
      "InvalidRequest",
      undefined,
      `The ${type} checksum type cannot be used with the ${algorithm} checksum algorithm.`,
    );
  }
  return { algorithm, type };
}
