import { unknown, type Case, type Given } from "../harness";

const variables = (values: Readonly<Record<string, string>>): Given => [
  "aws:lambda/function:Function",
  { runtime: "nodejs22.x", environment: { variables: values } },
];

/** Secrets in a function's variables, and values that are not secrets. */
export const secrets: readonly Case[] = [
  // Values that a preview does not know.
  {
    title: "a password after a variable that is not known yet",
    resources: [variables({ TABLE: unknown, DB_PASSWORD: "x" })],
    expected: ["function-no-secret"],
  },
  {
    title: "a password that is not known yet by its name",
    resources: [variables({ DB_PASSWORD: unknown })],
    expected: ["function-no-secret"],
  },
  {
    title: "variables that are not known yet as free of secrets",
    resources: [
      ["aws:lambda/function:Function", { runtime: "nodejs22.x", environment: unknown }],
      variables({ A: unknown }),
    ],
    expected: [],
  },
  // Names and values.
  {
    title: "names of secrets, their ARNs and counts of tokens as no secrets",
    resources: [
      variables({
        DB_SECRET_ARN: "x",
        API_KEY_NAME: "x",
        API_KEY_ID: "x",
        MAX_TOKENS: "512",
        TOKEN_LIFETIME: "5",
        DB_SECRET: "arn:aws:secretsmanager:ap-southeast-1:123456789012:secret:x",
        PAGE: "https://x.example:443/@x",
      }),
    ],
    expected: [],
  },
  ...(
    [
      { API_TOKEN: "x" },
      { apiToken: "x" },
      { DATABASE: "postgres://u:hunter2@h/db" },
      { CACHE: "redis://:pw@h" },
    ] as Readonly<Record<string, string>>[]
  ).map((values) => ({
    title: `${JSON.stringify(values)} as a secret`,
    resources: [variables(values)],
    expected: ["function-no-secret"],
  })),
];
