import type { IncomingMessage, ServerResponse } from "node:http";
import type { Route } from "../../gateway";
import type { S3Service } from "../s3";
import type { DeclaredSite } from "./sites";

const sitesPrefix = "/_site";

/** The path of a bucket's website on the gateway, with its slash. */
export function sitePath(bucket: string): string {
  return `${sitesPrefix}/${bucket}/`;
}

/** The declared websites, each at `/_site/BUCKET/`; `/` leads to the only one there is, or else to another page. */
export function siteRoutes(declared: readonly DeclaredSite[], s3: S3Service, otherwise: string): readonly Route[] {
  const sites = new Map(
    declared.map(({ bucket, website, headers }) => [bucket, { answer: s3.website(bucket, website), headers }]),
  );
  const redirect = (response: ServerResponse, location: string): void => {
    response.writeHead(302, { location, "content-length": 0 }).end();
  };
  const [only, ...more] = sites.keys();
  const home = only !== undefined && more.length === 0 ? sitePath(only) : otherwise;
  return [
    {
      prefix: sitesPrefix,
      servesPages: true,
      async handle(request: IncomingMessage, response: ServerResponse) {
        const [path = ""] = (request.url ?? "").split("?");
        const [, , bucket = "", ...rest] = path.split("/");
        const site = sites.get(bucket);
        if (!site) {
          response.writeHead(404, { "content-type": "text/plain; charset=utf-8" });
          response.end(`There is no website "${bucket}" here.\n`);
        } else if (rest.length === 0) redirect(response, sitePath(bucket));
        else {
          for (const [name, value] of Object.entries(site.headers)) response.setHeader(name, value);
          await site.answer(request, response, `/${rest.join("/")}`, `${sitesPrefix}/${bucket}`);
        }
      },
    },
    { prefix: "/", servesPages: true, handle: (_request, response) => redirect(response, home) },
  ];
}
