import * as pulumi from "@pulumi/pulumi";
import { defaults, SiteAccess, SiteLocale, type AvatarPipelineArgs, type ExistingArgs } from "./args";

/** The args with all defaults filled in and every value checked; the parts are built from these. */
export interface Settings {
  readonly successEmails: readonly pulumi.Input<string>[];
  readonly failureEmails: readonly pulumi.Input<string>[];
  readonly operatorEmails: readonly pulumi.Input<string>[];
  /** Undefined if students get no mail of their own. */
  readonly sender: string | undefined;
  /** The domains of the addresses that may be given without an invitation. */
  readonly studentDomains: pulumi.Input<readonly string[]>;
  readonly face: Group<typeof defaults.face>;
  readonly thumbnail: Group<Pick<typeof defaults.thumbnail, "quality" | "margin">> & {
    readonly sizes: pulumi.Input<readonly number[]>;
  };
  readonly upload: Group<typeof defaults.upload>;
  readonly site: SiteSettings;
  readonly retention: Group<Omit<typeof defaults.retention, "keepData">>;
  readonly keepData: boolean;
  /** The caller's own key; undefined for AWS-managed keys. */
  readonly kmsKeyArn: pulumi.Input<string> | undefined;
  /** The caller's former keys, for data written under them. */
  readonly formerKmsKeyArns: readonly pulumi.Input<string>[];
  /** The caller's existing resources; each undefined if the pipeline creates it. */
  readonly existing: { readonly [Option in keyof ExistingArgs]: pulumi.Input<string> | undefined };
  readonly audit: { readonly enabled: boolean; readonly days: pulumi.Input<number> };
  readonly tags: pulumi.Input<{ [key: string]: pulumi.Input<string> }>;
}

export interface SiteSettings {
  readonly enabled: boolean;
  readonly https: boolean;
  readonly locale: pulumi.Input<SiteLocale>;
  readonly access: SiteAccess;
  /** Present if access is by invitation. */
  readonly invitationKey: pulumi.Input<string> | undefined;
  readonly organization: pulumi.Input<string> | undefined;
  readonly contact: pulumi.Input<string> | undefined;
}

type Group<Defaults> = { readonly [Option in keyof Defaults]: pulumi.Input<number> };

/** The fault of a value and its fix: `must be …; …`. Undefined if the value is valid. */
type Rule<Value> = (value: Value) => string | undefined;

/** CloudWatch Logs accepts only these (its API's own list). */
const logDays = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/**
 * The longest name of an instance: together with a part's name (up to 22 characters), Pulumi's hyphen and seven
 * characters, it must fit into the 64 that IAM, Lambda and EventBridge allow.
 */
const maxNameLength = 34;

/**
 * Fills in the defaults and checks every value. A known value is refused at once, before any resource is declared; an
 * output is refused as soon as its value is known.
 *
 * @throws pulumi.ResourceError that names the option, its value, the rule and the fix
 */
export function readSettings(name: string, args: AvatarPipelineArgs, owner: pulumi.Resource): Settings {
  const refuse = (option: string, value: unknown, problem: string): never => {
    throw new pulumi.ResourceError(`${option} is ${JSON.stringify(value)}, but ${problem}.`, owner, true);
  };
  const check = <Value>(option: string, value: pulumi.Input<Value>, rule: Rule<Value>): pulumi.Input<Value> => {
    const test = (known: Value): Value => {
      const problem = rule(known);
      return problem === undefined ? known : refuse(option, known, problem);
    };
    return isLater(value) ? (pulumi.output(value) as pulumi.Output<Value>).apply(test) : test(value);
  };
  const given = <Value>(option: string, value: pulumi.Input<Value> | undefined, otherwise: Value, rule: Rule<Value>) =>
    check(option, value ?? otherwise, rule);

  const nameProblem = instanceName(name);
  if (nameProblem !== undefined) refuse("The name of the AvatarPipeline", name, nameProblem);
  const {
    notifications = {},
    face = {},
    thumbnail = {},
    upload = {},
    site = {},
    retention = {},
    encryption = {},
    existing = {},
    audit = {},
  } = args;
  const emails = (option: string, addresses: pulumi.Input<string>[] = []) => {
    if (!Array.isArray(addresses)) refuse(option, addresses, 'must be a list of addresses; write ["a@school.example"]');
    const known = addresses.filter((address) => typeof address === "string");
    const twice = known.find((address, index) => known.indexOf(address) !== index);
    if (twice !== undefined) refuse(option, twice, "must be listed once; remove the second");
    return addresses.map((address, index) => check(`${option}[${index}]`, address, emailAddress));
  };
  const keys = (option: string, arns: pulumi.Input<string>[] = []) => {
    if (!Array.isArray(arns)) refuse(option, arns, "must be a list of ARNs of KMS keys; write [oldKey.arn]");
    return arns.map((arn, index) => check(`${option}[${index}]`, arn, keyArn));
  };
  const faceOption = (option: keyof typeof defaults.face, rule: Rule<number>) =>
    given(`face.${option}`, face[option], defaults.face[option] as number, rule);
  const uploadOption = (option: keyof typeof defaults.upload, rule: Rule<number>) =>
    given(`upload.${option}`, upload[option], defaults.upload[option] as number, rule);
  const own = (option: keyof ExistingArgs, form: RegExp, what: string, further?: Rule<string>) => {
    const value = existing[option];
    const rule: Rule<string> = (known) => (form.test(known) ? further?.(known) : `must be ${what} that exists already`);
    return value === undefined ? undefined : check(`existing.${option}`, value, rule);
  };
  const plain = <Value>(option: string, value: Value, rule: Rule<Value>): Value => {
    if (isLater(value)) refuse(option, "an output", "it decides which resources exist; give it as a plain value");
    return check(option, value, rule) as Value;
  };
  const access = plain("site.access", site.access ?? defaults.site.access, oneOf("SiteAccess", SiteAccess));
  if (access === SiteAccess.Invite && site.invitationKey === undefined) {
    refuse("site.access", access, "needs site.invitationKey; make a pair of keys with `avatar-pipeline invite keygen`");
  }
  const siteEnabled = flag("site.enabled", site.enabled, defaults.site.enabled, refuse);
  const angle = between(0, 90, "degrees");
  const originalDays = given<number>(
    "retention.originalDays",
    retention.originalDays,
    defaults.retention.originalDays,
    whole(1, 3650, "days; processing may take up to 12 hours and S3 counts in days"),
  );
  const rowDays = given<number>(
    "retention.uploadRowDays",
    retention.uploadRowDays,
    defaults.retention.uploadRowDays,
    whole(1, 3650, "days; a shorter time would end before the photo is processed"),
  );
  const afterOriginals = (days: number) =>
    check("retention.uploadRowDays", rowDays, outlasting(days)) as pulumi.Output<number>;

  return {
    successEmails: emails("notifications.successEmails", notifications.successEmails),
    failureEmails: emails("notifications.failureEmails", notifications.failureEmails),
    operatorEmails: emails("notifications.operatorEmails", notifications.operatorEmails),
    sender:
      notifications.sender === undefined
        ? undefined
        : plain("notifications.sender", notifications.sender, emailAddress),
    studentDomains: given<readonly string[]>(
      "notifications.studentDomains",
      settled(notifications.studentDomains),
      [],
      domainList,
    ),
    face: {
      duplicateSimilarity: faceOption(
        "duplicateSimilarity",
        between(50, 100, "percent; from 90 to 99 two photos of one person match and two persons rarely do"),
      ),
      minConfidence: faceOption("minConfidence", between(50, 100, "percent")),
      minFaceSide: faceOption("minFaceSide", whole(40, 4096, "pixels; Rekognition finds no face below 40")),
      minSharpness: faceOption("minSharpness", between(0, 100, "on Rekognition's scale")),
      minBrightness: faceOption("minBrightness", between(0, 100, "on Rekognition's scale")),
      maxYaw: faceOption("maxYaw", angle),
      maxRoll: faceOption("maxRoll", between(0, 180, "degrees")),
      maxPitchUp: faceOption("maxPitchUp", angle),
      maxPitchDown: faceOption("maxPitchDown", angle),
    },
    thumbnail: {
      sizes: given<readonly number[]>("thumbnail.sizes", settled(thumbnail.sizes), defaults.thumbnail.sizes, sizes),
      quality: given<number>("thumbnail.quality", thumbnail.quality, defaults.thumbnail.quality, whole(1, 100, "")),
      margin: given<number>(
        "thumbnail.margin",
        thumbnail.margin,
        defaults.thumbnail.margin,
        between(0, 2, "as a share of the face's side; 0.35 is an identity card's"),
      ),
    },
    upload: {
      maxBytes: uploadOption("maxBytes", whole(1, 15 * 1024 * 1024, "bytes; Rekognition reads no larger photo")),
      maxPixels: uploadOption("maxPixels", whole(80 * 80, 200_000_000, "pixels")),
      minSide: uploadOption("minSide", whole(80, 4096, "pixels; Rekognition reads no smaller photo than 80")),
      maxPerStudentAndDay: uploadOption("maxPerStudentAndDay", whole(1, 10_000, "uploads")),
      maxPerDayIfOpen: uploadOption("maxPerDayIfOpen", whole(1, 1_000_000, "uploads")),
      expirySeconds: uploadOption("expirySeconds", whole(60, 3600, "seconds; a permission must outlive a slow upload")),
    },
    site: {
      enabled: siteEnabled,
      https: flag("site.https", site.https, defaults.site.https, refuse),
      locale: given<SiteLocale>("site.locale", site.locale, defaults.site.locale, oneOf("SiteLocale", SiteLocale)),
      access,
      invitationKey:
        site.invitationKey === undefined ? undefined : check("site.invitationKey", site.invitationKey, publicKey),
      organization: site.organization,
      contact: site.contact,
    },
    retention: {
      uploadRowDays: isLater(originalDays)
        ? pulumi.output(originalDays).apply(afterOriginals)
        : afterOriginals(originalDays),
      originalDays,
      logDays: given<number>("retention.logDays", retention.logDays, defaults.retention.logDays, offeredLogDays),
    },
    keepData: flag("retention.keepData", retention.keepData, defaults.retention.keepData, refuse),
    kmsKeyArn:
      encryption.kmsKeyArn === undefined ? undefined : check("encryption.kmsKeyArn", encryption.kmsKeyArn, keyArn),
    formerKmsKeyArns: keys("encryption.formerKmsKeyArns", encryption.formerKmsKeyArns),
    existing: {
      photoBucket: own("photoBucket", /^[a-z0-9.-]{3,63}$/, "the name of a bucket", (bucket) =>
        siteEnabled && bucket.includes(".") ? dottedBucket : undefined,
      ),
      avatarTable: own("avatarTable", /^[\w.-]{3,255}$/, "the name of a table"),
      uploadTable: own("uploadTable", /^[\w.-]{3,255}$/, "the name of a table"),
      faceCollectionId: own("faceCollectionId", /^[\w.-]{1,255}$/, "the id of a Rekognition collection"),
      successTopicArn: own("successTopicArn", topicArn, "the ARN of a standard topic"),
      failureTopicArn: own("failureTopicArn", topicArn, "the ARN of a standard topic"),
    },
    audit: {
      enabled: flag("audit.enabled", audit.enabled, defaults.audit.enabled, refuse),
      days: given<number>("audit.days", audit.days, defaults.audit.days, whole(1, 3650, "days")),
    },
    tags: args.tags ?? {},
  };
}

/** Whether the value is an output, known only later. */
function isLater(value: unknown): value is pulumi.Output<unknown> | Promise<unknown> {
  return pulumi.Output.isInstance(value) || value instanceof Promise;
}

/**
 * A list whose items may be outputs, as one input; a list without outputs is unchanged, so that it is checked at once.
 */
function settled<Item extends number | string>(
  list: pulumi.Input<pulumi.Input<Item>[]> | undefined,
): pulumi.Input<readonly Item[]> | undefined {
  if (list === undefined) return undefined;
  const isKnown = Array.isArray(list) ? !list.some(isLater) : !isLater(list);
  return isKnown ? (list as Item[]) : (pulumi.output(list) as pulumi.Output<Item[]>);
}

function flag(
  option: string,
  value: unknown,
  otherwise: boolean,
  refuse: (option: string, value: unknown, problem: string) => never,
): boolean {
  if (value === undefined) return otherwise;
  if (typeof value === "boolean") return value;
  return isLater(value)
    ? refuse(option, "an output", "it decides which resources exist; give true or false as a plain value")
    : refuse(option, value, "must be true or false; write it without quotes");
}

function between(least: number, most: number, unit: string): Rule<number> {
  return (value) =>
    typeof value === "number" && value >= least && value <= most
      ? undefined
      : `must be a number from ${least} to ${most} ${unit}`.trim();
}

function whole(least: number, most: number, unit: string): Rule<number> {
  return (value) =>
    Number.isInteger(value) && value >= least && value <= most
      ? undefined
      : `must be a whole number from ${least} to ${most} ${unit}`.trim();
}

/** Without its row, a failed photo would be found as one that was never started, and processed again. */
function outlasting(originalDays: number): Rule<number> {
  return (rowDays) =>
    // S3 counts from the next midnight, and takes up to a day to delete.
    rowDays >= originalDays + 2
      ? undefined
      : `must be ${originalDays + 2} days or more: 2 longer than retention.originalDays, or a photo that failed would be ` +
        "processed again by itself when its row is gone";
}

const sizes: Rule<readonly number[]> = (value) => {
  const problem = "must list 1 to 10 different whole numbers from 16 to 2048 pixels, for example [64, 256, 512]";
  const isRight =
    Array.isArray(value) &&
    value.length >= 1 &&
    value.length <= 10 &&
    new Set(value).size === value.length &&
    value.every((size) => whole(16, 2048, "")(size as number) === undefined);
  return isRight ? undefined : problem;
};

const offeredLogDays: Rule<number> = (value) =>
  logDays.includes(value) ? undefined : `must be one of CloudWatch Logs' numbers of days: ${logDays.join(", ")}`;

const oneOf =
  (name: string, values: Readonly<Record<string, string>>): Rule<string> =>
  (value) =>
    Object.values(values).includes(value)
      ? undefined
      : `must be one of ${Object.values(values).join(", ")}; use the enum ${name}`;

const publicKey: Rule<string> = (value) =>
  /^[\w-]{43}$/.test(value)
    ? undefined
    : "must be an Ed25519 public key, 43 characters of base64url; make one with `avatar-pipeline invite keygen`";

const dottedBucket =
  "must be a name without a dot while site.enabled is true: browsers upload over HTTPS, and S3's certificate covers no " +
  "bucket with one; bring a bucket without a dot, or set site.enabled to false";

const emailAddress: Rule<string> = (value) =>
  typeof value === "string" && /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value)
    ? undefined
    : "must be one e-mail address, for example registry@school.example";

const domainList: Rule<readonly string[]> = (value) =>
  Array.isArray(value) &&
  value.every((domain) => typeof domain === "string" && /^([a-z0-9-]+\.)+[a-z]{2,63}$/i.test(domain))
    ? undefined
    : 'must be a list of domains, the part of an address behind its @; write ["student.school.example"]';

const keyArn: Rule<string> = (value) =>
  /^arn:[^:]+:kms:[^:]+:\d{12}:key\/[\w-]+$/.test(value)
    ? undefined
    : "must be the ARN of a KMS key, arn:aws:kms:REGION:ACCOUNT:key/ID; give the key itself and not its alias, which " +
      "roles cannot be allowed by";

/** A FIFO topic (`.fifo`) has no e-mail subscribers and requires a group with every message. */
const topicArn = /^arn:[^:]+:sns:[^:]+:\d{12}:[\w-]{1,256}$/;

const instanceName: Rule<string> = (value) =>
  /^[A-Za-z][A-Za-z0-9-]*$/.test(value) && value.length <= maxNameLength
    ? undefined
    : `must be 1 to ${maxNameLength} letters, digits and hyphens, a letter first, because the names of buckets, roles ` +
      'and functions begin with it; choose one such as "avatars"';
