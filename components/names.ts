import * as pulumi from "@pulumi/pulumi";
import { createHash } from "node:crypto";

/** A step's name as part of a resource's name: `CreateThumbnail` to `create-thumbnail`. */
export function kebabCase(name: string): string {
  return name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, "-").toLowerCase();
}

/**
 * A physical name for resources that Pulumi does not auto-name: readable, and different for every project, stack and
 * instance of one account, even if two of them joined by hyphens read the same. It consists of letters, digits, `-` and
 * `_`, without hyphens or dots at its ends.
 *
 * It must never change: a renamed Rekognition collection is a new one without faces.
 */
export function physicalName(name: string, maxLength: number): string {
  const parts = [pulumi.getProject(), pulumi.getStack(), name];
  const suffix = "-" + createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 8);
  const readable = parts.join("-").replace(/[^A-Za-z0-9_-]/g, "-");
  return readable.slice(0, maxLength - suffix.length) + suffix;
}

/** The short, stable name of a value that must not appear in a resource's name, such as an address. */
export function fingerprint(value: string): string {
  return createHash("sha256").update(value).digest("hex").slice(0, 8);
}

/** The partition, region and account of a resource. */
export interface Place {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}

/** Reads the place from a regional resource's ARN, so that the program needs no call to AWS. */
export function placeOf(arn: string): Place {
  const [, partition = "", , region = "", account = ""] = arn.split(":");
  return { partition, region, account };
}
