import * as pulumi from "@pulumi/pulumi";

/** One statement of an IAM policy document; AWS's own field names. */
export interface PolicyStatement {
  readonly Sid?: string;
  readonly Effect: "Allow" | "Deny";
  /** Only in a resource's policy: everybody, or a principal by kind, such as `{ Service: "events.amazonaws.com" }`. */
  readonly Principal?: "*" | Readonly<Record<string, pulumi.Input<string>>>;
  readonly Action: string | readonly string[];
  readonly Resource?: pulumi.Input<string> | readonly pulumi.Input<string>[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** A policy document, as JSON. */
export function document(statements: readonly PolicyStatement[]): pulumi.Output<string> {
  return pulumi.jsonStringify({ Version: "2012-10-17", Statement: statements });
}

/** The trust policy of a role that an AWS service assumes. */
export function assumedBy(service: string): pulumi.Output<string> {
  return document([{ Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" }]);
}

/**
 * The statement of a resource's own policy that refuses every request without TLS.
 *
 * @param action all actions of the service, such as `s3:*`; for a topic `sns:Publish`, since SNS refuses `sns:*` there
 */
export function tlsOnly(
  action: string,
  resource: pulumi.Input<string> | readonly pulumi.Input<string>[],
): PolicyStatement {
  return {
    Sid: "TlsOnly",
    Effect: "Deny",
    Principal: "*",
    Action: action,
    Resource: resource,
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  };
}
