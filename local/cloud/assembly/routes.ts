import type { IncomingMessage, ServerResponse } from "node:http";
import type { Route } from "../gateway";
import type { DeclaredBucket, S3Service } from "../s3";

const SITES = "/_site";

/** The path of a bucket's website on the gateway, with its slash. */
export function sitePath(bucket: string): string {
  return `${SITES}/${bucket}/`;
}

/** The declared websites, each at `/_site/BUCKET/`; and at `/` the only one there is, or else another page. */
export function siteRoutes(buckets: readonly DeclaredBucket[], s3: S3Service, otherwise: string): readonly Route[] {
  const sites = new Map(buckets.filter(({ website }) => website).map(({ name }) => [name, s3.website(name)]));
  const redirect = (response: ServerResponse, location: string): void => {
    response.writeHead(302, { location, "content-length": 0 }).end();
  };
  const [only, ...more] = sites.keys();
  return [
    {
      prefix: SITES,
      async handle(request: IncomingMessage, response: ServerResponse) {
        const [path = ""] = (request.url ?? "").split("?");
        const [, , bucket = "", ...rest] = path.split("/");
        const site = sites.get(bucket);
        if (!site) {
          response.writeHead(404, { "content-type": "text/plain; charset=utf-8" });
          response.end(`There is no website "${bucket}" here.\n`);
        } else if (rest.length === 0) redirect(response, sitePath(bucket));
        else await site(request, response, `/${rest.join("/")}`, `${SITES}/${bucket}`);
      },
    },
    {
      prefix: "/",
      handle: (_request, response) =>
        redirect(response, only !== undefined && more.length === 0 ? sitePath(only) : otherwise),
    },
  ];
}
