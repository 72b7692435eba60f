import type { Members } from "../../gateway/members";

const page = { maxResults: true, nextToken: true } as const;

/** The input members of each operation of Step Functions. */
export const members: Readonly<Record<string, Members>> = {
  DescribeExecution: { executionArn: true },
  DescribeStateMachine: { stateMachineArn: true },
  GetExecutionHistory: { executionArn: true, includeExecutionData: true, reverseOrder: true, ...page },
  ListExecutions: { stateMachineArn: true, statusFilter: true, redriveFilter: true, ...page },
  ListStateMachines: page,
  StartExecution: { stateMachineArn: true, name: true, input: true },
  StopExecution: { executionArn: true, error: true, cause: true },
};
