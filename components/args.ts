import type * as pulumi from "@pulumi/pulumi";

/**
 * The options of {@link AvatarPipeline}. All are optional: without any, photos are checked, stored and recorded, the
 * upload page is published, and nobody gets mail.
 *
 * An option typed `pulumi.Input` takes outputs of other resources. The others decide which resources exist, so that
 * they must be known when the program runs.
 */
export interface AvatarPipelineArgs {
  /** Who is told what became of a photo. */
  notifications?: NotificationArgs | undefined;
  /** What a face must be like, and when two faces are one person's. */
  face?: FaceArgs | undefined;
  /** What the stored avatar looks like. */
  thumbnail?: ThumbnailArgs | undefined;
  /** What may be uploaded. */
  upload?: UploadArgs | undefined;
  /** The page on which students upload their photo, and the HTTP API behind it. */
  site?: SiteArgs | undefined;
  /** How long data is kept. */
  retention?: RetentionArgs | undefined;
  /** What data is encrypted with. */
  encryption?: EncryptionArgs | undefined;
  /** Resources of your own, in place of those that the pipeline would make. */
  existing?: ExistingArgs | undefined;
  /** A trail of who read and wrote photos and rows. */
  audit?: AuditArgs | undefined;
  /**
   * Tags of every resource that can carry them, besides the provider's default tags.
   *
   * @default none
   * @example { school: "hcmut", "cost-centre": "4711" }
   */
  tags?: pulumi.Input<{ [key: string]: pulumi.Input<string> }> | undefined;
}

/** Who is told what became of a photo. */
export interface NotificationArgs {
  /**
   * E-mail addresses that get a notice of each accepted photo. AWS asks each address once to confirm.
   *
   * @default none: an address that nobody chose must not be written to
   * @example ["registry@school.example"]
   */
  successEmails?: pulumi.Input<string>[] | undefined;
  /**
   * E-mail addresses that get a notice of each photo that was refused or could not be processed: what is wrong and
   * what to do. AWS asks each address once to confirm.
   *
   * @default none: an address that nobody chose must not be written to
   * @example ["registry@school.example"]
   */
  failureEmails?: pulumi.Input<string>[] | undefined;
  /**
   * E-mail addresses of those who run the pipeline: they get the alarms, which are about faults of ours and never about
   * a photo. AWS asks each address once to confirm.
   *
   * @default none: an address that nobody chose must not be written to; the alarms are in the console all the same
   * @example ["operations@school.example"]
   */
  operatorEmails?: pulumi.Input<string>[] | undefined;
  /**
   * The address from which students get mail of their own, in their language and with the thumbnail, where they gave an
   * address with the upload. It, or its domain, must be verified in SES in the pipeline's region.
   *
   * @default none: without a verified address SES sends nothing; the topics' subscribers are told all the same
   * @example "avatars@school.example"
   */
  sender?: string | undefined;
}

/** What a face must be like, and when two faces are one person's. */
export interface FaceArgs {
  /**
   * Similarity (percent) from which two faces are one person's.
   *
   * @default 95: a false duplicate turns an honest student away, and brothers and sisters score high; below 90 that
   * happens in every larger school, at 99 the same person passes as two
   */
  duplicateSimilarity?: pulumi.Input<number> | undefined;
  /**
   * How sure (percent) Rekognition must be that there is a face, sunglasses or a cover.
   *
   * @default 90: posters and patterns that look like a face score below it, faces in poor light above
   */
  minConfidence?: pulumi.Input<number> | undefined;
  /**
   * The shorter side of the face in the photo, in pixels.
   *
   * @default 80: twice the 40 pixels that Rekognition needs to find a face, and enough for a thumbnail that is not
   * blurred
   */
  minFaceSide?: pulumi.Input<number> | undefined;
  /**
   * Rekognition's sharpness of the face, 0 to 100.
   *
   * @default 10: only faces that a person could not recognize either are below it
   */
  minSharpness?: pulumi.Input<number> | undefined;
  /**
   * Rekognition's brightness of the face, 0 to 100.
   *
   * @default 20: dark skin in ordinary light is well above it, a face against a window is not
   */
  minBrightness?: pulumi.Input<number> | undefined;
  /**
   * How far the face may be turned to either side, in degrees.
   *
   * @default 45: Rekognition's guidance for faces that are searched
   */
  maxYaw?: pulumi.Input<number> | undefined;
  /**
   * How far the head may be tilted to either shoulder, in degrees.
   *
   * @default 45: a head tilted further lies, and so does its thumbnail
   */
  maxRoll?: pulumi.Input<number> | undefined;
  /**
   * How far the face may look up, in degrees.
   *
   * @default 45: Rekognition's guidance for faces that are searched
   */
  maxPitchUp?: pulumi.Input<number> | undefined;
  /**
   * How far the face may look down, in degrees.
   *
   * @default 30: Rekognition's guidance for faces that are searched
   */
  maxPitchDown?: pulumi.Input<number> | undefined;
}

/** What the stored avatar looks like. */
export interface ThumbnailArgs {
  /**
   * Sides of the square thumbnails, in pixels; each is a file of its own.
   *
   * @default [64, 256, 512]: a list, a profile and a card, each at the double density of phones
   */
  sizes?: pulumi.Input<pulumi.Input<number>[]> | undefined;
  /**
   * JPEG quality, 1 to 100.
   *
   * @default 85: above it files grow and nobody sees the difference at these sizes
   */
  quality?: pulumi.Input<number> | undefined;
  /**
   * Space around the face on each side, as a share of its longer side.
   *
   * @default 0.35: hair and shoulders' beginning, as on an identity card
   */
  margin?: pulumi.Input<number> | undefined;
}

/** What may be uploaded. */
export interface UploadArgs {
  /**
   * Size of a photo's file, in bytes.
   *
   * @default 10485760 (10 MiB): photos of current phones have 2 to 8; Rekognition reads at most 15,728,640
   */
  maxBytes?: pulumi.Input<number> | undefined;
  /**
   * Width times height of a photo, in pixels.
   *
   * @default 50000000: the 48 megapixels of current phones; a small file that claims more is made to harm
   */
  maxPixels?: pulumi.Input<number> | undefined;
  /**
   * The shorter side of a photo, in pixels.
   *
   * @default 160: twice the smallest face, so that it is a portrait and not a cut-out; Rekognition needs 80
   */
  minSide?: pulumi.Input<number> | undefined;
  /**
   * How long the permission to upload is valid, in seconds.
   *
   * @default 900: a slow phone connection needs minutes, a form that was left open needs a new one
   */
  expirySeconds?: pulumi.Input<number> | undefined;
}

/** The languages of the upload page and of the mail to students. */
export enum SiteLocale {
  /** Vietnamese */
  Vietnamese = "vi",
  /** English */
  English = "en",
}

/** Who may upload on the page. */
export enum SiteAccess {
  /** Anybody who knows the page, for any student. */
  Open = "open",
  /** Holders of an invitation that the school has signed, each for one student. */
  Invite = "invite",
}

/** The page on which students upload their photo, and the HTTP API behind it. */
export interface SiteArgs {
  /**
   * Whether the page and its API are made. Without them photos come by a copy into the bucket, below
   * `uploads/{studentId}/`.
   *
   * @default true: without a page there is no way for a student to upload
   */
  enabled?: boolean | undefined;
  /**
   * Whether the page is served over HTTPS, by CloudFront. Browsers give the camera to pages of HTTPS only. In GovCloud,
   * which has no CloudFront, it must be false.
   *
   * @default true: without it photos and ids travel in the clear
   */
  https?: boolean | undefined;
  /**
   * The language the page begins with; a visitor can change it.
   *
   * @default "vi": most students who see the page read Vietnamese
   */
  locale?: pulumi.Input<SiteLocale> | undefined;
  /**
   * Who may upload. `Invite` needs `invitationKey`.
   *
   * @default "open": the pipeline can be tried without a key; for real students choose `Invite`, or anybody can upload
   * for any of them
   */
  access?: SiteAccess | undefined;
  /**
   * The public key of the invitations, Ed25519, 32 bytes in base64url: `avatar-pipeline invite keygen` makes a pair.
   * The private key stays with the school.
   *
   * @default none: nobody but the school can make it
   * @example "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
   */
  invitationKey?: pulumi.Input<string> | undefined;
  /**
   * Who asks for the photo, as the page names it in the consent.
   *
   * @default none: the page says "the school"
   * @example "Trường Đại học Bách khoa"
   */
  organization?: pulumi.Input<string> | undefined;
  /**
   * Whom students write to, to have photo and face erased: an address, or words.
   *
   * @default none: the page says to ask the school
   * @example "registry@school.example"
   */
  contact?: pulumi.Input<string> | undefined;
}

/** How long data is kept. */
export interface RetentionArgs {
  /**
   * How long the record of an upload is kept after it was last worked on, in days: at least 2 longer than
   * `originalDays`, for a photo whose record is gone counts as one that was never begun.
   *
   * @default 30: long enough for a question about a refusal; the avatar's own record stays as long as the avatar
   */
  uploadRowDays?: pulumi.Input<number> | undefined;
  /**
   * After how many days an uploaded photo is removed, whatever became of it. Accepted and rejected ones are removed at
   * once; this is for those that failed.
   *
   * @default 7: a week to mend the fault and process the photo again; less than one would remove photos that are
   * still being processed
   */
  originalDays?: pulumi.Input<number> | undefined;
  /**
   * How long logs are kept, in days: one of the numbers that CloudWatch Logs offers (1, 3, 5, 7, 14, 30, 60, 90, …).
   *
   * @default 30: as long as the record of an upload, which they explain
   */
  logDays?: pulumi.Input<number> | undefined;
  /**
   * Whether photos, tables and faces are protected: `pulumi destroy` refuses to delete them until this is set to
   * false and deployed, and the tables refuse to be deleted by any other way. When false, destroying the stack removes
   * everything, with what is in it.
   *
   * @default true: registered faces cannot be had back, a student would have to come again
   */
  keepData?: boolean | undefined;
}

/** What data is encrypted with. */
export interface EncryptionArgs {
  /**
   * The ARN of a symmetric KMS key of your own for the bucket, the tables, the topics, the queue and the logs. Each
   * role is allowed to use it for exactly what it does. The key's own policy must let these services use it in your
   * account: `logs.REGION`, `events` and `cloudwatch` (`kms:Decrypt`, `kms:GenerateDataKey*`; logs also `kms:Encrypt`,
   * `kms:ReEncrypt*`, `kms:DescribeKey`), and with `audit.enabled` `cloudtrail` (`kms:GenerateDataKey*`,
   * `kms:DescribeKey`).
   *
   * @default none: the keys that AWS manages cost nothing and cannot be deleted by mistake; a key of your own is for
   * those who must be able to withdraw it
   * @example key.arn
   */
  kmsKeyArn?: pulumi.Input<string> | undefined;
  /**
   * The ARNs of keys that `kmsKeyArn` named before: roles that read may still decrypt with them what was written under
   * them.
   *
   * @default none: only after the key was changed or given up is there anything under another one
   * @example [oldKey.arn]
   */
  formerKmsKeyArns?: pulumi.Input<string>[] | undefined;
}

/**
 * Resources of your own, in place of those that the pipeline would make. The pipeline uses them and changes none of
 * their settings: that they are encrypted, kept and closed to others is then yours to see to.
 */
export interface ExistingArgs {
  /**
   * The name of a bucket, for one pipeline alone; everything below `uploads/` and `avatars/` is the pipeline's: it
   * processes what is found below the first and deletes from the second what is no student's avatar. The bucket must
   * have versions, send its notifications to EventBridge, and be in this region; with `site.enabled` its name has no
   * dot. Let the upload page's origin POST to it by CORS, expire `uploads/` after a week and old versions after a day.
   *
   * @default none: a bucket of its own, whose every setting the pipeline answers for
   * @example bucket.bucket
   */
  photoBucket?: pulumi.Input<string> | undefined;
  /**
   * The name of a table with the string key `student_id` and no sort key, for one pipeline alone.
   *
   * @default none: a table of its own, whose every setting the pipeline answers for
   */
  avatarTable?: pulumi.Input<string> | undefined;
  /**
   * The name of a table with the string key `upload_id` and no sort key, and with `expires_at` for its time to live,
   * for one pipeline alone.
   *
   * @default none: a table of its own, whose every setting the pipeline answers for
   */
  uploadTable?: pulumi.Input<string> | undefined;
  /**
   * The id of a Rekognition collection, for one pipeline alone: `reconcile` removes faces that it knows no student of.
   *
   * @default none: a collection of its own, which nobody else writes to
   */
  faceCollectionId?: pulumi.Input<string> | undefined;
  /**
   * The ARN of a standard topic for accepted photos.
   *
   * @default none: a topic of its own, to which nobody else writes
   */
  successTopicArn?: pulumi.Input<string> | undefined;
  /**
   * The ARN of a standard topic for photos that were refused or could not be processed.
   *
   * @default none: a topic of its own, to which nobody else writes
   */
  failureTopicArn?: pulumi.Input<string> | undefined;
}

/** A trail of who read and wrote photos and rows. */
export interface AuditArgs {
  /**
   * Whether every read and write of the bucket's objects and the tables' rows is recorded, by CloudTrail, in a bucket
   * of its own. Needs the package `@pulumi/awsx`.
   *
   * @default false: it costs $1 for each million events and is asked for by few; the key's use and every change to the
   * resources are in the account's own trail
   */
  enabled?: boolean | undefined;
  /**
   * How many days its files are kept: 1 to 3650. They name students, as the keys of photos do.
   *
   * @default 365: a school year can be looked back on
   */
  days?: pulumi.Input<number> | undefined;
}

/** Every default of {@link AvatarPipelineArgs}, once: the docs above are held to it by a test. */
export const defaults = {
  face: {
    duplicateSimilarity: 95,
    minConfidence: 90,
    minFaceSide: 80,
    minSharpness: 10,
    minBrightness: 20,
    maxYaw: 45,
    maxRoll: 45,
    maxPitchUp: 45,
    maxPitchDown: 30,
  },
  thumbnail: { sizes: [64, 256, 512], quality: 85, margin: 0.35 },
  upload: { maxBytes: 10_485_760, maxPixels: 50_000_000, minSide: 160, expirySeconds: 900 },
  site: { enabled: true, https: true, locale: SiteLocale.Vietnamese, access: SiteAccess.Open },
  retention: { uploadRowDays: 30, originalDays: 7, logDays: 30, keepData: true },
  audit: { enabled: false, days: 365 },
} as const;
