import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { document } from "../policies";
import { createPrivateBucket, tlsOnlyForBucket } from "../storage/private-bucket";
import type { Settings } from "../settings";

/** CloudFront's managed policy CachingOptimized: it caches what `cache-control` allows, compressed. The id is AWS's. */
const cachingOptimized = "658327ea-f89d-4fab-a63d-7e88639e58f6";

/**
 * The page behind CloudFront: HTTPS for everybody, from a bucket that only CloudFront may read.
 *
 * @param args.photoBucket the bucket that the page uploads to and reads thumbnails from
 */
export function createSiteDistribution(
  name: string,
  args: { readonly settings: Pick<Settings, "tags">; readonly photoBucket: aws.s3.Bucket },
  opts: pulumi.CustomResourceOptions,
): { readonly bucket: aws.s3.Bucket; readonly origin: pulumi.Output<string> } {
  const part = `${name}-site`;
  const { tags } = args.settings;
  // Its files come from the package: nothing is lost with it.
  const { bucket, publicAccess } = createPrivateBucket(part, { keepData: false, kmsKeyArn: undefined, tags }, opts);
  const control = new aws.cloudfront.OriginAccessControl(
    part,
    {
      description: `CloudFront's access to the page of ${name}`,
      originAccessControlOriginType: "s3",
      signingBehavior: "always",
      signingProtocol: "sigv4",
    },
    opts,
  );
  const headers = createHeaders(part, args.photoBucket, opts);
  const distribution = new aws.cloudfront.Distribution(
    part,
    {
      comment: `The upload page of ${name}`,
      enabled: true,
      isIpv6Enabled: true,
      httpVersion: "http2and3",
      // Everywhere except South America, Australia and New Zealand; the cheaper class would exclude Asia.
      priceClass: "PriceClass_200",
      defaultRootObject: "index.html",
      origins: [{ originId: "page", domainName: bucket.bucketRegionalDomainName, originAccessControlId: control.id }],
      defaultCacheBehavior: {
        targetOriginId: "page",
        viewerProtocolPolicy: "redirect-to-https",
        allowedMethods: ["GET", "HEAD"],
        cachedMethods: ["GET", "HEAD"],
        compress: true,
        cachePolicyId: cachingOptimized,
        responseHeadersPolicyId: headers.id,
      },
      // S3 answers 403 for a missing file, since CloudFront may not list the bucket.
      customErrorResponses: [
        { errorCode: 403, responseCode: 404, responsePagePath: "/index.html", errorCachingMinTtl: 60 },
      ],
      restrictions: { geoRestriction: { restrictionType: "none" } },
      viewerCertificate: { cloudfrontDefaultCertificate: true },
      tags,
    },
    opts,
  );
  new aws.s3.BucketPolicy(
    part,
    {
      bucket: bucket.bucket,
      policy: document([
        {
          Sid: "Page",
          Effect: "Allow",
          Principal: { Service: "cloudfront.amazonaws.com" },
          Action: "s3:GetObject",
          Resource: pulumi.interpolate`${bucket.arn}/*`,
          Condition: { StringEquals: { "aws:SourceArn": distribution.arn } },
        },
        tlsOnlyForBucket(bucket.arn),
      ]),
    },
    { ...opts, dependsOn: [publicAccess] },
  );
  return { bucket, origin: pulumi.interpolate`https://${distribution.domainName}` };
}

/**
 * The headers that tell browsers to allow the page only its own files, its API and the photo bucket, and the camera.
 */
function createHeaders(
  part: string,
  photoBucket: aws.s3.Bucket,
  opts: pulumi.CustomResourceOptions,
): aws.cloudfront.ResponseHeadersPolicy {
  const contentSecurityPolicy = photoBucket.bucketRegionalDomainName.apply(securityPolicy);
  return new aws.cloudfront.ResponseHeadersPolicy(
    part,
    {
      comment: "Strict headers for the upload page",
      securityHeadersConfig: {
        contentSecurityPolicy: { contentSecurityPolicy, override: true },
        contentTypeOptions: { override: true },
        frameOptions: { frameOption: "DENY", override: true },
        referrerPolicy: { referrerPolicy: "no-referrer", override: true },
        strictTransportSecurity: { accessControlMaxAgeSec: 31_536_000, includeSubdomains: false, override: true },
      },
      customHeadersConfig: {
        items: [
          { header: "Permissions-Policy", value: "camera=(self), geolocation=(), microphone=()", override: true },
        ],
      },
    },
    opts,
  );
}

/**
 * The page's content security policy.
 *
 * The API's own host is not known yet, as the API must know the page's origin first: any API of the region is allowed.
 *
 * @param photoBucketHost `BUCKET.s3.REGION.amazonaws.com`, in China with `.cn`
 */
function securityPolicy(photoBucketHost: string): string {
  const region = photoBucketHost.slice(photoBucketHost.indexOf(".s3.") + ".s3.".length);
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    `img-src 'self' data: https://${photoBucketHost}`,
    `connect-src 'self' https://${photoBucketHost} https://*.execute-api.${region}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
}
