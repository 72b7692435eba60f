import { expect } from "chai";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ProgramGraph } from "../../../packages/local-cloud/program/graph";
import { readFunctions } from "../../../packages/local-cloud/services/lambda/graph";
import type { Ran } from "../../components/run-handler";
import { scenarios } from "../../components/scenarios";
import { programGraph } from "../../support/with-cloud";
import { askPython, needs, run } from "../tools";
import { declaredPolicies, declaredRequests, templateOf, type Request } from "./declared";

interface Question {
  readonly policies: Readonly<Record<string, string>>;
  readonly template: { readonly Resources: Readonly<Record<string, object>> };
  readonly requests: readonly Request[];
}

interface Findings {
  readonly policies: readonly string[];
  readonly template: readonly string[];
  readonly requests: readonly string[];
}

const ask = (question: Question) => askPython("declared/judge.py", question) as Findings;

const kebab = (step: string) => step.replace(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase();
const capitalized = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);

/** The input with ids of faces as Rekognition makes them, in place of the scenarios' short ones. */
const withFaceIds = (input: unknown): object =>
  JSON.parse(JSON.stringify(input).replace(/"face-(\d)"/g, '"00000000-0000-4000-8000-00000000000$1"')) as object;

/** Every request that a step sends in its scenarios. */
function sentRequests(graph: ProgramGraph): readonly Request[] {
  const folder = mkdtempSync(join(tmpdir(), "judges-declared-"));
  const functions = readFunctions(graph);
  try {
    return Object.entries(scenarios).flatMap(([step, list]) => {
      const declared = functions.find(({ name }) => new RegExp(`^avatars-${kebab(step)}-[0-9a-f]{7}$`).test(name));
      const file = join(folder, `${step}.json`);
      writeFileSync(file, JSON.stringify(list.map((one) => ({ ...one, environment: declared?.environment ?? {} }))));
      const [runner, module] = ["../../components/run-handler.js", "../../../handlers/functions.js"];
      const printed = run(process.execPath, [join(__dirname, runner), join(__dirname, module), step, file]);
      return (JSON.parse(printed) as Ran[])
        .flatMap(({ calls }) => calls)
        .filter(([operation]) => !operation.startsWith("imaging."))
        .map(([name, input]): Request => {
          const [client = "", operation = ""] = name.split(".");
          return {
            from: step,
            service: client.toLowerCase(),
            operation: capitalized(operation),
            input: withFaceIds(input),
          };
        });
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe("What the program declares and sends, judged by parliament, cfn-lint and botocore", () => {
  let question: Question;
  before(async function () {
    needs(this, "python3");
    const graph = await programGraph();
    question = {
      policies: declaredPolicies(graph),
      template: templateOf(graph),
      requests: [...declaredRequests(graph), ...sentRequests(graph)],
    };
  });

  it("has no finding", () => {
    console.log(
      `      ${Object.keys(question.policies).length} policies, ${Object.keys(question.template.Resources).length} ` +
        `resources, ${question.requests.length} requests`,
    );
    expect(ask(question)).to.deep.equal({ policies: [], template: [], requests: [] });
  });

  it("would be found wrong by each", () => {
    const policy = {
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action: "s3:GetObjekt", Resource: "arn:aws:s3:::photos/*" }],
    };
    const findings = ask({
      policies: { planted: JSON.stringify(policy) },
      template: {
        Resources: {
          Machine: {
            Type: "AWS::StepFunctions::StateMachine",
            Properties: {
              RoleArn: "arn:aws:iam::000000000000:role/flow",
              Definition: { StartAt: "Gone", States: { Here: { Type: "Task", End: true } } },
            },
          },
        },
      },
      requests: [
        { from: "planted", service: "s3", operation: "PutObject", input: { Bucket: "photos" } },
        {
          from: "planted",
          service: "sqs",
          operation: "CreateQueue",
          input: { QueueName: "q", Attributes: { Seconds: "1" } },
        },
        { from: "planted", service: "s3", operation: "PutObject", input: { Bucket: "b", Key: "k", Kye: "k" } },
      ],
    });
    expect(findings.policies.join()).to.include("s3:GetObjekt");
    expect(findings.template.join()).to.include("Machine");
    expect(findings.requests).to.have.length(3);
  });
});
