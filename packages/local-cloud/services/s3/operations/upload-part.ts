import type { Part } from "../store";
import { receive, using, type Received } from "../store/changes";
import { maxBody, openBody } from "../wire/body";
import { checksumElement, checksumHeader, withChecksum, type Checksum } from "../wire/checksums";
import type { ByteRange } from "../wire/conditions";
import { invalidArgument, s3Error } from "../wire/errors";
import { authorizeObject, sendEmpty, sendXml, versionHeader, type Exchange } from "../wire/exchange";
import { copyResult, findSource, readSource } from "./copy-object";
import { findUpload } from "./multipart-uploads";
import { bodyHeaders, sourceHeaders, type Operation } from "./operation";
import { readPartNumber } from "./part-number";
import { requireLength, writeContext } from "./writing";

export const uploadPart: Operation = {
  name: "UploadPart",
  query: ["partNumber", "uploadId"],
  headers: bodyHeaders,
  perform: upload,
};

async function upload(exchange: Exchange): Promise<void> {
  const { core, request } = exchange;
  authorizeObject(exchange, "s3:PutObject");
  findUpload(exchange);
  const body = openBody(request, exchange.header, core.options);
  requireLength(exchange);
  const number = readPartNumber(exchange.query("partNumber"));
  const received = await receive(core, body.chunks, { max: maxBody });
  const part = await addPart(exchange, number, received, body.checksum());
  sendEmpty(exchange, 200, {
    etag: `"${part.etag}"`,
    "x-amz-server-side-encryption": "AES256",
    ...(part.checksum ? { [checksumHeader(part.checksum.algorithm)]: part.checksum.value } : {}),
  });
}

export const uploadPartCopy: Operation = {
  name: "UploadPartCopy",
  query: ["partNumber", "uploadId"],
  headers: [...sourceHeaders, "x-amz-copy-source-range"],
  perform: copy,
};

async function copy(exchange: Exchange): Promise<void> {
  const { core } = exchange;
  const source = findSource(exchange);
  authorizeObject(exchange, "s3:PutObject", writeContext(exchange.header));
  const { upload } = findUpload(exchange);
  const number = readPartNumber(exchange.query("partNumber"));
  const { size } = source.object;
  const { start, end } = sourceRange(exchange.header("x-amz-copy-source-range"), size);
  const data = await readSource(exchange, source, start, end);
  const { chunks, checksum } = withChecksum(data, upload.checksum?.algorithm);
  const received = await receive(core, chunks, { max: maxBody });
  const part = await addPart(exchange, number, received, await checksum());
  const sum = part.checksum ? { [checksumElement(part.checksum.algorithm)]: part.checksum.value } : {};
  sendXml(
    exchange,
    "CopyPartResult",
    { ...copyResult(part), ...sum },
    {
      "x-amz-copy-source-version-id": versionHeader(source.object.versionId),
      "x-amz-server-side-encryption": "AES256",
    },
  );
}

/** Unlike a read's, the range of a copy must be there completely. @throws CloudError InvalidArgument */
function sourceRange(asked: string | undefined, size: number): ByteRange {
  if (asked === undefined) return { start: 0, end: size - 1 };
  const name = "x-amz-copy-source-range";
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(asked) ?? [];
  const [start, end] = [Number(first), Number(last)];
  if (Number.isNaN(start) || start > end) {
    throw invalidArgument(
      name,
      asked,
      "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the " +
        "zero-based offsets of the first and last bytes to copy",
    );
  }
  if (end < size) return { start, end };
  throw invalidArgument(name, asked, `Range specified is not valid for source object of size: ${String(size)}`);
}

function addPart(
  exchange: Exchange,
  number: number,
  received: Received,
  checksum: Checksum | undefined,
): Promise<Part> {
  const { core } = exchange;
  return using(core, received.blob, () => {
    // Again, because the upload may have been aborted or completed while the part arrived.
    const { upload } = findUpload(exchange);
    if (upload.checksum && checksum && checksum.algorithm !== upload.checksum.algorithm) {
      throw s3Error(
        "InvalidRequest",
        undefined,
        `Checksum Type mismatch occurred, expected checksum Type: ${upload.checksum.algorithm.toLowerCase()}, actual checksum Type: ${checksum.algorithm.toLowerCase()}`,
      );
    }
    const { blob, size, md5 } = received;
    const part: Part = {
      number,
      blob,
      size,
      etag: md5,
      lastModified: Math.floor(core.now().getTime() / 1000) * 1000,
      checksum,
    };
    core.store.commit({ do: "part", upload: upload.id, part });
    return part;
  });
}
