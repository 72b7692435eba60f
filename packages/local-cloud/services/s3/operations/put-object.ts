import { readAttributes } from "../wire/attributes";
import { maxBody, openBody } from "../wire/body";
import { headersBelow, sendEmpty, type Exchange } from "../wire/exchange";
import { addObject, causeOf, receive, using } from "../store/changes";
import { attributeHeaders, bodyHeaders, type Operation } from "./operation";
import { authorizeWrite, checkWriteConditions, requireLength, writtenHeaders } from "./writing";

export const putObject: Operation = {
  name: "PutObject",
  headers: [...attributeHeaders, ...bodyHeaders],
  perform: put,
};

async function put(exchange: Exchange): Promise<void> {
  const { core, request, bucket, key } = exchange;
  authorizeWrite(exchange);
  const attributes = readAttributes(exchange.header, headersBelow(exchange, "x-amz-meta-"));
  const body = openBody(request, exchange.header, core.options);
  requireLength(exchange);
  const { blob, size, md5 } = await receive(core, body.chunks, { max: maxBody });
  const object = await using(core, blob, () => {
    checkWriteConditions(exchange);
    const checksum = body.checksum();
    const arrived = { key, blob, size, etag: md5, attributes, checksum };
    return addObject(core, bucket, arrived, "PutObject", causeOf(exchange));
  });
  sendEmpty(exchange, 200, writtenHeaders(object));
}
