/**
 * The grants of the functions: IAM statements over the ARNs of one pipeline. Deploy-time code: nothing here is
 * serialized.
 */
export interface Statement {
  readonly Effect: "Allow";
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** The ARNs that every function's grants may name. */
export interface PipelineArns {
  readonly photoBucket: string;
  readonly uploadTable: string;
  readonly avatarTable: string;
  readonly faceCollection: string;
  readonly successTopic: string;
  readonly failureTopic: string;
}

/**
 * The ARNs that exist only after the machine does: for the operator's functions, since the machine depends on the
 * steps'.
 */
export interface OperatorArns extends PipelineArns {
  readonly stateMachine: string;
  /** Every execution of the machine: `…:execution:{machine}:*`. */
  readonly executions: string;
}

export interface MailArns extends PipelineArns {
  /** Not an ARN: the only address that mail comes from. */
  readonly sender: string;
  /** The queue of the notices. */
  readonly mailQueue: string;
  /** The table that counts the mails to each address; absent if every address comes from the school. */
  readonly mailCountTable?: string | undefined;
}

/** Allows exact actions on exact resources. */
export function allow(actions: readonly string[], resources: readonly string[]): Statement {
  return { Effect: "Allow", Action: actions, Resource: resources };
}

/** Reads the uploaded object, in the version that the event named: IAM has a separate action for versions. */
export function readUploads(on: PipelineArns): Statement {
  return allow(["s3:GetObjectVersion"], [`${on.photoBucket}/uploads/*`]);
}

/**
 * The same for steps for which Rekognition reads it, with their rights. Rekognition's guide asks for `s3:GetObject` and
 * is silent on objects with a version.
 */
export function showUploads(on: PipelineArns): Statement {
  return allow(["s3:GetObject", "s3:GetObjectVersion"], [`${on.photoBucket}/uploads/*`]);
}

/** Deletes the uploaded object for good, which requires naming its version. */
export function deleteUploads(on: PipelineArns): Statement {
  return allow(["s3:DeleteObjectVersion"], [`${on.photoBucket}/uploads/*`]);
}

/** Deletes thumbnails with all their versions. */
export function deleteThumbnailVersions(on: PipelineArns): readonly Statement[] {
  return [
    {
      ...allow(["s3:ListBucketVersions"], [on.photoBucket]),
      Condition: { StringLike: { "s3:prefix": "avatars/*" } },
    },
    allow(["s3:DeleteObjectVersion"], [`${on.photoBucket}/avatars/*`]),
  ];
}

/** Records the step's beginning in the upload's row. */
export function markProgress(on: PipelineArns): Statement {
  return allow(["dynamodb:UpdateItem"], [on.uploadTable]);
}
