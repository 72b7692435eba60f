import type { LocalService } from "../module";
import { s3 } from "../s3/module";
import { sitePath, siteRoutes } from "./routes";
import { distributionType, readSites, type DeclaredSite } from "./sites";

/** Bucket to the path of its website. */
type Sites = Readonly<Record<string, string>>;

/** Websites of buckets, and CloudFront distributions in front of a bucket. */
export const websites: LocalService<readonly DeclaredSite[], Sites> = {
  name: "websites",
  serves: [distributionType],
  declared: readSites,
  open({ part }, sites) {
    return {
      part: Object.fromEntries(sites.map(({ bucket }) => [bucket, sitePath(bucket)])),
      routes: (home) => siteRoutes(sites, part(s3), home),
    };
  },
};
