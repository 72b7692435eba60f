// @ts-check
/**
 * Writes the table of the functions' roles into docs/security.md, between `<!-- roles:begin -->` and
 * `<!-- roles:end -->`, from the grants in handlers/functions.ts. A grant that no line below explains is an error: whoever
 * adds one says what it gives away. `--check` only reports (exit 1) whether the table is out of date. Needs the build.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const { functions } = createRequire(import.meta.url)(join(root, "build/handlers/functions.js"));

/** Action and resource, then what the holder could read, and what it could change. */
const meanings = [
  ["dynamodb:GetItem on avatarTable", "an avatar's row, if it knows the student's ID", ""],
  ["dynamodb:GetItem on uploadTable", "an upload's row, if it knows the upload's ID", ""],
  ["dynamodb:Scan on avatarTable", "every avatar's row", ""],
  ["dynamodb:Scan on uploadTable", "every upload's row, with addresses", ""],
  ["dynamodb:PutItem on avatarTable", "", "replace any avatar's row"],
  ["dynamodb:PutItem on uploadTable", "", "replace any upload's row"],
  ["dynamodb:UpdateItem on avatarTable", "", "change any avatar's row"],
  ["dynamodb:UpdateItem on uploadTable", "", "change any upload's row, such as its outcome"],
  ["dynamodb:UpdateItem on mailCountTable", "", "reset the count of mails to an address"],
  ["dynamodb:DeleteItem on avatarTable", "", "delete any avatar's row"],
  ["dynamodb:DeleteItem on uploadTable", "", "delete any upload's row"],
  ["rekognition:DetectFaces on *", "", "spend on face detection"],
  ["rekognition:SearchFacesByImage on faceCollection", "whose face a photo shows", "spend on searches"],
  ["rekognition:SearchFaces on faceCollection", "who resembles whom", "spend on searches"],
  ["rekognition:ListFaces on faceCollection", "every registered student's ID", ""],
  ["rekognition:IndexFaces on faceCollection", "", "register a face under any ID"],
  ["rekognition:DeleteFaces on faceCollection", "", "delete any face whose ID it knows"],
  ["s3:GetObject on photoBucket/uploads/*", "the originals of uploads in progress", ""],
  ["s3:GetObjectVersion on photoBucket/uploads/*", "the originals of uploads in progress", ""],
  ["s3:GetObject on photoBucket/avatars/*", "thumbnails whose key it knows", ""],
  ["s3:ListBucketVersions on photoBucket", "the bucket's keys below its prefix, hence student IDs", ""],
  ["s3:PutObject on photoBucket/uploads/*", "", "store photos as any student, each of which starts the flow"],
  ["s3:PutObject on photoBucket/avatars/*", "", "replace any thumbnail (the old version stays)"],
  ["s3:DeleteObjectVersion on photoBucket/uploads/*", "", "delete any original"],
  ["s3:DeleteObjectVersion on photoBucket/avatars/*", "", "delete any thumbnail"],
  ["sns:Publish on successTopic", "", "publish false notices of success"],
  ["sns:Publish on failureTopic", "", "publish false notices of failure"],
  ["ses:SendEmail on ses", "", "send mail from the school's sender alone, to anybody"],
  ["ses:SendRawEmail on ses", "", "send mail from the school's sender alone, to anybody"],
  ["sqs:ReceiveMessage on mailQueue", "notices that wait for mailing", ""],
  ["sqs:DeleteMessage on mailQueue", "", "drop notices that wait for mailing"],
  ["sqs:GetQueueAttributes on mailQueue", "", ""],
  ["states:StartExecution on stateMachine", "", "start the flow for any object"],
  ["states:DescribeExecution on executions", "an execution's input and result", ""],
];

const on = new Proxy(
  {},
  { get: (_, name) => (name === "successTopic" ? "arn:aws:sns:region:account:successTopic" : String(name)) },
);
const known = new Map(meanings.map(([grant, ...meaning]) => [grant, meaning]));
const used = new Set();

/** A resource as the list above names it. */
const short = (/** @type {string} */ arn) => (arn.includes(":ses:") ? "ses" : arn.replace(/^arn:.*:/, ""));

/** @type {(definition: { name: string, grants: (on: object) => { Action: string[], Resource: string[] }[] }) => string} */
function rowOf({ name, grants }) {
  const held = grants(on).flatMap(({ Action, Resource }) =>
    Action.flatMap((action) => Resource.map((resource) => `${action} on ${short(resource)}`)),
  );
  const meant = held.map((grant) => {
    const meaning = known.get(grant);
    if (meaning === undefined) {
      throw new Error(`tools/generate/roles-table.mjs does not say what "${grant}" of ${name} gives away; add a line.`);
    }
    used.add(grant);
    return meaning;
  });
  const column = (/** @type {number} */ at) => [...new Set(meant.map((one) => one[at]))].filter(Boolean).join("; ");
  return `| ${name} | ${column(0) || "nothing"} | ${column(1) || "nothing"} |`;
}

const table = ["| function | could read | could change |", "|---|---|---|", ...functions.map(rowOf)].join("\n");
const idle = [...known.keys()].filter((grant) => !used.has(grant));
if (idle.length > 0)
  throw new Error(`tools/generate/roles-table.mjs explains grants that no function has: ${idle.join(", ")}.`);

const path = join(root, "docs/security.md");
const before = readFileSync(path, "utf8");
const after = before.replace(
  /(<!-- roles:begin -->\n)[\s\S]*?(<!-- roles:end -->)/,
  (_, begin, end) => `${begin}\n${table}\n\n${end}`,
);
if (after !== before && process.argv.includes("--check")) {
  console.error("docs/security.md: the table of roles is not that of handlers/functions.ts; run `npm run generate`.");
  process.exitCode = 1;
} else if (after !== before) writeFileSync(path, after);
