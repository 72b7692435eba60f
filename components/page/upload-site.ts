import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { existsSync, readdirSync } from "node:fs";
import { extname, join } from "node:path";
import type { PageSettings } from "../../handlers/contract/page-settings";
import { document } from "../policies";
import { allowUploadsFrom } from "../storage/photo-bucket";
import type { Settings } from "../settings";
import type { PipelineParts } from "../parts";
import { createSiteDistribution } from "./site-distribution";
import { createUploadApi } from "./upload-api";

/** The addresses of the upload page and its API. */
export interface UploadPage {
  readonly siteUrl: pulumi.Output<string>;
  readonly apiUrl: pulumi.Output<string>;
  /** The function behind `POST /uploads`. */
  readonly issueUpload: aws.lambda.Function;
}

/** The build's output folder for the page, beside the single file of the library. */
const siteFolder = join(__dirname, "site");

/**
 * The upload page with its API: the page's bucket, the API for that page alone, the page's files, and its settings. The
 * stack writes the settings, so that one build of the page serves every stack.
 */
export function createUploadPage(name: string, parts: PipelineParts, opts: pulumi.CustomResourceOptions): UploadPage {
  const { settings, photoBucket } = parts;
  const site = settings.site.https
    ? createSiteDistribution(name, { settings, photoBucket }, opts)
    : createWebsite(name, settings, opts);
  const { api, issueUpload } = createUploadApi(name, { ...parts, origin: site.origin }, opts);
  // The caller sets the CORS rules of an existing bucket.
  if (settings.existing.photoBucket === undefined) {
    allowUploadsFrom(name, { bucket: photoBucket, origins: [site.origin] }, opts);
  }
  publishPage(name, { bucket: site.bucket, settings, apiUrl: api.apiEndpoint }, opts);
  return { siteUrl: pulumi.interpolate`${site.origin}/`, apiUrl: api.apiEndpoint, issueUpload };
}

interface Site {
  readonly bucket: aws.s3.Bucket;
  /** Scheme and host. */
  readonly origin: pulumi.Output<string>;
}

/** A static website of S3: the only bucket that anybody may read, with nothing but the page in it. */
function createWebsite(name: string, settings: Pick<Settings, "tags">, opts: pulumi.CustomResourceOptions): Site {
  const part = `${name}-site`;
  // Its files come from the package: nothing is lost with it.
  const bucket = new aws.s3.Bucket(part, { forceDestroy: true, tags: settings.tags }, opts);
  const of = { bucket: bucket.bucket };
  const access = new aws.s3.BucketPublicAccessBlock(
    part,
    { ...of, blockPublicAcls: true, ignorePublicAcls: true, blockPublicPolicy: false, restrictPublicBuckets: false },
    opts,
  );
  new aws.s3.BucketPolicy(
    part,
    {
      ...of,
      policy: document([
        {
          Sid: "Page",
          Effect: "Allow",
          Principal: "*",
          Action: "s3:GetObject",
          Resource: pulumi.interpolate`${bucket.arn}/*`,
        },
      ]),
    },
    // S3 refuses a public policy as long as the public access block exists.
    { ...opts, dependsOn: [access] },
  );
  const website = new aws.s3.BucketWebsiteConfiguration(
    part,
    { ...of, indexDocument: { suffix: "index.html" }, errorDocument: { key: "index.html" } },
    opts,
  );
  return { bucket, origin: pulumi.interpolate`http://${website.websiteEndpoint}` };
}

/** The content of `settings.json` for the page. */
function pageSettings(settings: Settings, apiUrl: pulumi.Input<string>): pulumi.Output<string> {
  const { maxBytes, maxPixels, minSide } = settings.upload;
  const content: { readonly [Name in keyof PageSettings]: pulumi.Input<unknown> } = {
    apiUrl,
    locale: settings.site.locale,
    limits: { maxBytes, maxPixels, minSide },
    access: settings.site.access,
    invitationKey: settings.site.invitationKey,
    mail: settings.sender !== undefined,
    studentDomains: settings.studentDomains,
    organization: settings.site.organization,
    contact: settings.site.contact,
    // The caller sets how long an existing bucket keeps photos.
    originalDays: settings.existing.photoBucket === undefined ? settings.retention.originalDays : undefined,
  };
  return pulumi.jsonStringify(content);
}

const contentTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".json": "application/json",
};

/**
 * Publishes the page's files and its settings.
 *
 * @throws pulumi.ResourceError if the package was not built
 */
function publishPage(
  name: string,
  args: { readonly bucket: aws.s3.Bucket; readonly settings: Settings; readonly apiUrl: pulumi.Input<string> },
  opts: pulumi.CustomResourceOptions,
): void {
  if (!existsSync(join(siteFolder, "index.html"))) {
    throw new pulumi.ResourceError(
      `The upload page is not at ${siteFolder}; install the package again, or run \`npm run build\` in its repository.`,
      opts.parent,
      true,
    );
  }
  const bucket = args.bucket.bucket;
  for (const file of readdirSync(siteFolder).sort()) {
    new aws.s3.BucketObjectv2(
      `${name}-site-${file}`,
      {
        bucket,
        key: file,
        source: new pulumi.asset.FileAsset(join(siteFolder, file)),
        contentType: contentTypes[extname(file)] ?? "application/octet-stream",
        // A file with a hash in its name never changes; the page that refers to it must always be revalidated.
        cacheControl: /-[A-Z0-9]{8}\./.test(file) ? "public, max-age=31536000, immutable" : "no-cache",
      },
      opts,
    );
  }
  new aws.s3.BucketObjectv2(
    `${name}-site-settings.json`,
    {
      bucket,
      key: "settings.json",
      content: pageSettings(args.settings, args.apiUrl),
      contentType: "application/json",
      cacheControl: "no-cache",
    },
    opts,
  );
}
