import type * as pulumi from "@pulumi/pulumi";

/**
 * The options of {@link AvatarPipeline}. All are optional: by default, photos are checked, stored and recorded, the
 * upload page is published, and nobody gets mail.
 *
 * An option typed `pulumi.Input` takes outputs of other resources. The others decide which resources exist, so they
 * must be known when the program runs.
 */
export interface AvatarPipelineArgs {
  /** The recipients of a photo's outcome, and of alarms. */
  notifications?: NotificationArgs | undefined;
  /** The requirements on a face, and when two faces count as one person's. */
  face?: FaceArgs | undefined;
  /** The look of the stored avatar. */
  thumbnail?: ThumbnailArgs | undefined;
  /** The limits of an upload. */
  upload?: UploadArgs | undefined;
  /** The page on which students upload their photo, and the HTTP API behind it. */
  site?: SiteArgs | undefined;
  /** How long data is kept. */
  retention?: RetentionArgs | undefined;
  /** The keys that data is encrypted with. */
  encryption?: EncryptionArgs | undefined;
  /** Your own resources, in place of those that the pipeline would create. */
  existing?: ExistingArgs | undefined;
  /** A trail of all reads and writes of photos and rows. */
  audit?: AuditArgs | undefined;
  /**
   * Tags of every resource that can carry them, besides the provider's default tags.
   *
   * @default none
   * @example { school: "hcmut", "cost-centre": "4711" }
   */
  tags?: pulumi.Input<{ [key: string]: pulumi.Input<string> }> | undefined;
}

/** The recipients of a photo's outcome, and of alarms. */
export interface NotificationArgs {
  /**
   * E-mail addresses that get a notice of each accepted photo. AWS asks each address once to confirm.
   *
   * @default none: an address that nobody chose must not get mail
   * @example ["registry@school.example"]
   */
  successEmails?: pulumi.Input<string>[] | undefined;
  /**
   * E-mail addresses that get a notice of each photo that was refused or could not be processed, with the fault and the
   * fix. AWS asks each address once to confirm.
   *
   * @default none: an address that nobody chose must not get mail
   * @example ["registry@school.example"]
   */
  failureEmails?: pulumi.Input<string>[] | undefined;
  /**
   * E-mail addresses of the operators: they get the alarms, which are about faults of the pipeline and never about a
   * photo. AWS asks each address once to confirm.
   *
   * @default none: an address that nobody chose must not get mail; the alarms are in the console in any case
   * @example ["operations@school.example"]
   */
  operatorEmails?: pulumi.Input<string>[] | undefined;
  /**
   * The sender address of the mail to students, in their language and with the thumbnail: to the address in the
   * student's invitation, or with open access to one of `studentDomains`. The sender address or its domain must be verified in SES in the pipeline's region.
   *
   * @default none: without a verified address SES sends nothing; the topics' subscribers are notified in any case
   * @example "avatars@school.example"
   */
  sender?: string | undefined;
  /**
   * The domains of students' addresses: with open access, mail goes to addresses of exactly these domains, at most 5 a
   * day to each. With invitations it is not used.
   *
   * @default none: with open access anybody could name anybody's address, so no student gets mail
   * @example ["student.school.example"]
   */
  studentDomains?: pulumi.Input<pulumi.Input<string>[]> | undefined;
}

/** The requirements on a face, and when two faces count as one person's. */
export interface FaceArgs {
  /**
   * Similarity (percent) from which two faces are one person's.
   *
   * @default 95: a false duplicate refuses an honest student, and siblings score high; below 90 that happens in every
   * larger school, at 99 the same person passes as two
   */
  duplicateSimilarity?: pulumi.Input<number> | undefined;
  /**
   * Rekognition's minimum confidence (percent) that there is a face, sunglasses or a cover.
   *
   * @default 90: posters and patterns that look like a face score below it, faces in poor light above
   */
  minConfidence?: pulumi.Input<number> | undefined;
  /**
   * The shorter side of the face in the photo, in pixels.
   *
   * @default 80: twice the 40 pixels that Rekognition needs to find a face in a photo of 1920×1080 (in larger photos it
   * needs proportionally more), and enough for a thumbnail that is not blurred
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
   * @default 20: dark skin in ordinary light is well above it, a face in front of a window is not
   */
  minBrightness?: pulumi.Input<number> | undefined;
  /**
   * How far the face may be turned to either side, in degrees.
   *
   * @default 45: Rekognition's guidance for face searches
   */
  maxYaw?: pulumi.Input<number> | undefined;
  /**
   * How far the head may be tilted to either shoulder, in degrees.
   *
   * @default 45: a head tilted further is lying on its side, and so is its thumbnail
   */
  maxRoll?: pulumi.Input<number> | undefined;
  /**
   * How far the face may look up, in degrees.
   *
   * @default 30: Rekognition's guidance for face searches allows 45 up and 30 down, but AWS does not document which of
   * the two its positive pitch is
   */
  maxPitchUp?: pulumi.Input<number> | undefined;
  /**
   * How far the face may look down, in degrees.
   *
   * @default 30: Rekognition's guidance for face searches
   */
  maxPitchDown?: pulumi.Input<number> | undefined;
}

/** The look of the stored avatar. */
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
   * @default 85: above it files grow with no visible difference at these sizes
   */
  quality?: pulumi.Input<number> | undefined;
  /**
   * Space around the face on each side, as a share of the face's longer side.
   *
   * @default 0.35: hair and the top of the shoulders, as on an identity card
   */
  margin?: pulumi.Input<number> | undefined;
}

/** The limits of an upload. */
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
   * @default 50000000: the 48 megapixels of current phones; a small file that claims more is an attack
   */
  maxPixels?: pulumi.Input<number> | undefined;
  /**
   * The shorter side of a photo, in pixels.
   *
   * @default 160: twice the smallest face, so that it is a portrait and not a cut-out; Rekognition needs 80
   */
  minSide?: pulumi.Input<number> | undefined;
  /**
   * Validity of the permission to upload, in seconds.
   *
   * @default 900: a slow phone connection needs minutes, and a form that was left open should expire
   */
  expirySeconds?: pulumi.Input<number> | undefined;
  /**
   * Uploads that the page's API allows for one student in a day, which begins at 0:00 UTC. Copies into the bucket, by
   * `avatar-pipeline import` or by programs of the school, are not counted.
   *
   * @default 20: an honest student needs one to three; each costs about $0.003 in Rekognition calls
   */
  maxPerStudentAndDay?: pulumi.Input<number> | undefined;
  /**
   * Uploads that the page's API allows for all students together in a day, while `site.access` is `Open`: anybody can
   * then upload for any id. With invitations, each student's own limit suffices.
   *
   * @default 2000: a larger school's busiest day, or at most $7 a day that strangers can spend
   */
  maxPerDayIfOpen?: pulumi.Input<number> | undefined;
}

/** The languages of the upload page and of the mail to students. */
export enum SiteLocale {
  /** Vietnamese */
  Vietnamese = "vi",
  /** English */
  English = "en",
}

/** The people who may upload on the page. */
export enum SiteAccess {
  /** Anybody who knows the page, for any student. */
  Open = "open",
  /** Holders of an invitation that the school has signed, each for one student. */
  Invite = "invite",
}

/** The page on which students upload their photo, and the HTTP API behind it. */
export interface SiteArgs {
  /**
   * Whether the page and its API are created. Without them, photos are copied into the bucket, below
   * `uploads/{studentId}/`.
   *
   * @default true: without a page there is no way for a student to upload
   */
  enabled?: boolean | undefined;
  /**
   * Whether the page is served over HTTPS, by CloudFront. Browsers allow the camera only on HTTPS pages. In GovCloud,
   * which has no CloudFront, it must be false.
   *
   * @default true: without it photos and ids are sent unencrypted
   */
  https?: boolean | undefined;
  /**
   * The language the page begins with; a visitor can change it.
   *
   * @default "vi": most students who see the page read Vietnamese
   */
  locale?: pulumi.Input<SiteLocale> | undefined;
  /**
   * The people who may upload. `Invite` needs `invitationKey`.
   *
   * @default "open": the pipeline works without a key for a trial; for real students choose `Invite`, or anybody can
   * upload for any student
   */
  access?: SiteAccess | undefined;
  /**
   * The public key of the invitations, Ed25519, 32 bytes in base64url: `avatar-pipeline invite keygen` creates a pair.
   * The private key stays with the school.
   *
   * @default none: only the school can create it
   * @example "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
   */
  invitationKey?: pulumi.Input<string> | undefined;
  /**
   * The institution that asks for the photo, as named in the page's consent text.
   *
   * @default none: the page says "the school"
   * @example "Trường Đại học Bách khoa"
   */
  organization?: pulumi.Input<string> | undefined;
  /**
   * The contact for students who want photo and face erased: an address, or words.
   *
   * @default none: the page says to ask the school
   * @example "registry@school.example"
   */
  contact?: pulumi.Input<string> | undefined;
}

/** How long data is kept. */
export interface RetentionArgs {
  /**
   * How long the record of an upload is kept after its last change, in days: at least 2 longer than `originalDays`,
   * since a photo without a record counts as never started.
   *
   * @default 30: long enough for a question about a refusal; the avatar's own record stays as long as the avatar
   */
  uploadRowDays?: pulumi.Input<number> | undefined;
  /**
   * Days until an uploaded photo is removed, whatever its outcome. Accepted and rejected photos are removed at once;
   * this is for those that failed.
   *
   * @default 7: a week to fix the fault and process the photo again; less than a day would remove photos that are still
   * being processed
   */
  originalDays?: pulumi.Input<number> | undefined;
  /**
   * How long logs are kept, in days: one of the values that CloudWatch Logs offers (1, 3, 5, 7, 14, 30, 60, 90, …).
   *
   * @default 30: as long as the record of an upload, which they explain
   */
  logDays?: pulumi.Input<number> | undefined;
  /**
   * Whether photos, tables and faces are protected: `pulumi destroy` refuses to delete them until this is set to false
   * and deployed, and the tables refuse deletion in any other way. When false, destroying the stack removes everything,
   * including its contents.
   *
   * @default true: registered faces cannot be restored, so students would have to upload again
   */
  keepData?: boolean | undefined;
}

/** The keys that data is encrypted with. */
export interface EncryptionArgs {
  /**
   * The ARN of your own symmetric KMS key for the bucket, the tables, the topics, the queue and the logs. Each role may
   * use it only for its own work. The key's own policy must let these services use it in your account: `logs.REGION`,
   * `events` and `cloudwatch` (`kms:Decrypt`, `kms:GenerateDataKey*`; logs also `kms:Encrypt`, `kms:ReEncrypt*`,
   * `kms:DescribeKey`), and with `audit.enabled` `cloudtrail` (`kms:GenerateDataKey*`, `kms:DescribeKey`).
   *
   * @default none: the keys that AWS manages cost nothing and cannot be deleted by mistake; your own key is for a
   * school that must be able to withdraw it
   * @example key.arn
   */
  kmsKeyArn?: pulumi.Input<string> | undefined;
  /**
   * The ARNs of former values of `kmsKeyArn`: roles that read may still decrypt the data written under these keys.
   *
   * @default none: data under another key exists only after the key was changed or removed
   * @example [oldKey.arn]
   */
  formerKmsKeyArns?: pulumi.Input<string>[] | undefined;
}

/**
 * Your own resources, in place of those that the pipeline would create. The pipeline uses them and changes none of
 * their settings: their encryption, retention and access are then your responsibility.
 */
export interface ExistingArgs {
  /**
   * The name of a bucket, for one pipeline alone; everything below `uploads/` and `avatars/` is the pipeline's: it
   * processes every object below the first and deletes from the second every object that is not a student's avatar. The
   * bucket must be versioned, send its notifications to EventBridge, and be in this region; with `site.enabled` its
   * name must not contain a dot. Allow the upload page's origin to POST to it by CORS, expire `uploads/` after a week
   * and old versions after a day.
   *
   * @default none: its own bucket, with all settings managed by the pipeline
   * @example bucket.bucket
   */
  photoBucket?: pulumi.Input<string> | undefined;
  /**
   * The name of a table with the string key `student_id` and no sort key, for one pipeline alone.
   *
   * @default none: its own table, with all settings managed by the pipeline
   */
  avatarTable?: pulumi.Input<string> | undefined;
  /**
   * The name of a table with the string key `upload_id` and no sort key, and with `expires_at` as its time-to-live
   * attribute, for one pipeline alone.
   *
   * @default none: its own table, with all settings managed by the pipeline
   */
  uploadTable?: pulumi.Input<string> | undefined;
  /**
   * The id of a Rekognition collection, for one pipeline alone: `reconcile` removes faces that belong to no known
   * student.
   *
   * @default none: its own collection, which nobody else writes to
   */
  faceCollectionId?: pulumi.Input<string> | undefined;
  /**
   * The ARN of a standard topic for accepted photos.
   *
   * @default none: its own topic, which nobody else publishes to
   */
  successTopicArn?: pulumi.Input<string> | undefined;
  /**
   * The ARN of a standard topic for photos that were refused or could not be processed.
   *
   * @default none: its own topic, which nobody else publishes to
   */
  failureTopicArn?: pulumi.Input<string> | undefined;
}

/** A trail of all reads and writes of photos and rows. */
export interface AuditArgs {
  /**
   * Whether every read and write of the bucket's objects and the tables' rows is recorded by CloudTrail, in a separate
   * bucket. Needs the package `@pulumi/awsx`.
   *
   * @default false: it costs $1 per million events and few schools need it; use of the key and changes to the resources
   * are in the account's own trail
   */
  enabled?: boolean | undefined;
  /**
   * Days that its files are kept: 1 to 3650. The files name students, as the keys of photos do.
   *
   * @default 365: long enough to review a school year
   */
  days?: pulumi.Input<number> | undefined;
}

/** Every default of {@link AvatarPipelineArgs}, in one place: a test compares the docs above with it. */
export const defaults = {
  face: {
    duplicateSimilarity: 95,
    minConfidence: 90,
    minFaceSide: 80,
    minSharpness: 10,
    minBrightness: 20,
    maxYaw: 45,
    maxRoll: 45,
    maxPitchUp: 30,
    maxPitchDown: 30,
  },
  thumbnail: { sizes: [64, 256, 512], quality: 85, margin: 0.35 },
  upload: {
    maxBytes: 10_485_760,
    maxPixels: 50_000_000,
    minSide: 160,
    expirySeconds: 900,
    maxPerStudentAndDay: 20,
    maxPerDayIfOpen: 2000,
  },
  site: { enabled: true, https: true, locale: SiteLocale.Vietnamese, access: SiteAccess.Open },
  retention: { uploadRowDays: 30, originalDays: 7, logDays: 30, keepData: true },
  audit: { enabled: false, days: 365 },
} as const;
