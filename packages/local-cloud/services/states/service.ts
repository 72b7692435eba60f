import { jsonService } from "../../gateway/json-service";
import { cloudError, type CloudRequest, type CloudService } from "../../gateway/service";
import { detailsMember, type HistoryEvent } from "./events";
import type { Execution } from "./executions";
import { maxDataBytes } from "./interpreter";
import type { Machines } from "./machines";
import { members } from "./members";

type Input = Readonly<Record<string, unknown>>;

const namePattern = /^[^\p{Cc}\s<>{}[\]?*"#%\\^|~`$&,;:/]{1,80}$/u;
const defaultPage = 100;
const maxPage = 1000;

/** Step Functions' API (JSON 1.0), for Standard state machines that the program declares. */
export function statesService(machines: Machines): CloudService {
  const machineOf = (input: Input) => {
    const arn = text(input, "stateMachineArn");
    const found = machines.find(arn);
    if (!found) throw cloudError("StateMachineDoesNotExist", 400, `State Machine Does Not Exist: '${arn}'`);
    return found;
  };
  const executionOf = (input: Input, action: string, request: CloudRequest): Execution => {
    const arn = text(input, "executionArn");
    request.authorize(action, arn);
    const found = machines.execution(arn);
    if (!found) throw cloudError("ExecutionDoesNotExist", 400, `Execution Does Not Exist: '${arn}'`);
    return found;
  };

  return jsonService({
    name: "states",
    targetPrefix: "AWSStepFunctions",
    version: "1.0",
    members,
    operations: {
      async StartExecution(input, request) {
        request.authorize("states:StartExecution", text(input, "stateMachineArn"));
        const { declared } = machineOf(input);
        const execution = await machines.start(declared.arn, executionInput(input), executionName(input));
        return { executionArn: execution.arn, startDate: seconds(execution.startDate) };
      },
      async StopExecution(input, request) {
        const { arn } = executionOf(input, "states:StopExecution", request);
        const stopped = await machines.stop(arn, optional(input, "error"), optional(input, "cause"));
        return { stopDate: seconds(stopped.stopDate ?? Date.now()) };
      },
      DescribeExecution(input, request) {
        const execution = executionOf(input, "states:DescribeExecution", request);
        const events = machines.history(execution.arn);
        const output = execution.status === "SUCCEEDED" ? events.at(-1)?.details?.["output"] : undefined;
        return {
          ...summary(execution),
          input: events[0]?.details?.["input"] ?? "{}",
          inputDetails: { included: true },
          ...(output === undefined ? {} : { output, outputDetails: { included: true } }),
          ...(execution.error === undefined ? {} : { error: execution.error }),
          ...(execution.cause === undefined ? {} : { cause: execution.cause }),
        };
      },
      ListExecutions(input, request) {
        const { declared } = machineOf(input);
        request.authorize("states:ListExecutions", declared.arn);
        const status = choice(input, "statusFilter", statuses);
        const redriven = choice(input, "redriveFilter", ["REDRIVEN", "NOT_REDRIVEN"]);
        const all = [...machines.executions()]
          .filter((execution) => execution.machineArn === declared.arn && (!status || execution.status === status))
          // Executions are never redriven here.
          .filter(() => redriven !== "REDRIVEN")
          .reverse();
        return page(input, all, (items) => ({ executions: items.map(summary) }));
      },
      GetExecutionHistory(input, request) {
        const { arn } = executionOf(input, "states:GetExecutionHistory", request);
        const events = [...machines.history(arn)];
        if (flag(input, "reverseOrder", false)) events.reverse();
        const shown = flag(input, "includeExecutionData", true) ? onWire : withoutData;
        return page(input, events, (items) => ({ events: items.map(shown) }));
      },
      DescribeStateMachine(input, request) {
        const { declared } = machineOf(input);
        request.authorize("states:DescribeStateMachine", declared.arn);
        const { arn, name, definition, roleArn } = declared;
        return { stateMachineArn: arn, name, definition, roleArn, type: "STANDARD", status: "ACTIVE", creationDate: 0 };
      },
      ListStateMachines(input, request) {
        request.authorize("states:ListStateMachines", "*");
        const all = machines
          .list()
          .map(({ arn, name }) => ({ stateMachineArn: arn, name, type: "STANDARD", creationDate: 0 }));
        return page(input, all, (stateMachines) => ({ stateMachines }));
      },
    },
  });
}

function text(input: Input, member: string): string {
  const value = input[member];
  if (typeof value === "string" && value !== "") return value;
  throw cloudError(
    "ValidationException",
    400,
    `Value null at '${member}' failed to satisfy constraint: Member must not be null`,
  );
}

function optional(input: Input, member: string): string | undefined {
  const value = input[member];
  return typeof value === "string" ? value : undefined;
}

const statuses = ["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING_REDRIVE"] as const;

/** One of a few words, if it was sent. @throws CloudError ValidationException */
function choice<Word extends string>(input: Input, member: string, words: readonly Word[]): Word | undefined {
  const value = input[member];
  if (value === undefined || value === null) return undefined;
  const known = words.find((word) => word === value);
  if (known !== undefined) return known;
  throw invalid(member, value, `satisfy enum value set: [${words.join(", ")}]`);
}

function flag(input: Input, member: string, standard: boolean): boolean {
  const value = input[member];
  if (value === undefined || value === null) return standard;
  if (typeof value === "boolean") return value;
  throw cloudError("SerializationException", 400, `${member} must be a boolean.`);
}

function invalid(member: string, value: unknown, rule: string) {
  return cloudError(
    "ValidationException",
    400,
    `1 validation error detected: Value '${JSON.stringify(value)}' at '${member}' failed to satisfy constraint: Member must ${rule}`,
  );
}

function executionName(input: Input): string | undefined {
  const name = optional(input, "name");
  if (name !== undefined && !namePattern.test(name)) throw cloudError("InvalidName", 400, `Invalid Name: '${name}'`);
  return name;
}

function executionInput(input: Input): string {
  const value = optional(input, "input") ?? "{}";
  if (Buffer.byteLength(value) > maxDataBytes) {
    throw cloudError(
      "InvalidExecutionInput",
      400,
      `Invalid State Machine Execution Input: longer than ${maxDataBytes} bytes`,
    );
  }
  try {
    JSON.parse(value);
  } catch (error) {
    throw cloudError(
      "InvalidExecutionInput",
      400,
      `Invalid State Machine Execution Input: '${(error as Error).message}'`,
    );
  }
  return value;
}

const seconds = (milliseconds: number): number => milliseconds / 1000;

function summary(execution: Execution): object {
  return {
    executionArn: execution.arn,
    stateMachineArn: execution.machineArn,
    name: execution.name,
    status: execution.status,
    startDate: seconds(execution.startDate),
    ...(execution.stopDate === undefined ? {} : { stopDate: seconds(execution.stopDate) }),
    redriveCount: 0,
  };
}

function onWire({ id, previousEventId, timestamp, type, details }: HistoryEvent): object {
  return {
    id,
    previousEventId,
    timestamp: seconds(timestamp),
    type,
    ...(details ? { [detailsMember(type)]: details } : {}),
  };
}

/** An entry of a history without input and output. */
function withoutData(event: HistoryEvent): object {
  const details = Object.entries(event.details ?? {}).filter(([name]) => name !== "input" && name !== "output");
  return onWire({ ...event, details: Object.fromEntries(details) });
}

/** A page of a list; the token is the place to continue from. */
function page<Item>(input: Input, items: readonly Item[], answer: (items: readonly Item[]) => object): object {
  const start = Number(optional(input, "nextToken") ?? 0);
  if (!Number.isInteger(start) || start < 0) {
    throw cloudError("InvalidToken", 400, `Invalid Token: '${String(input["nextToken"])}'`);
  }
  const asked = input["maxResults"] ?? 0;
  if (typeof asked !== "number" || !Number.isInteger(asked) || asked < 0 || asked > maxPage) {
    throw invalid("maxResults", asked, `have value between 0 and ${maxPage}`);
  }
  const size = asked > 0 ? asked : defaultPage;
  const next = start + size;
  return { ...answer(items.slice(start, next)), ...(next < items.length ? { nextToken: String(next) } : {}) };
}
