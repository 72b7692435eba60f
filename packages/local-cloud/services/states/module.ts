import { randomUUID } from "node:crypto";
import { sessionArn } from "../../iam";
import { lambda } from "../lambda/module";
import type { LocalService } from "../module";
import { machineType, readMachines } from "./graph";
import { checkObservability } from "./role";
import { createMachines, statesService, type DeclaredMachine, type Machines } from "./index";

export const states: LocalService<readonly DeclaredMachine[], Machines> = {
  name: "states",
  serves: [machineType],
  declared: readMachines,
  async open({ authorizer, data, identity, options, part, publish, warn }, declared) {
    for (const machine of declared) {
      authorizer.authorizeAssume("states.amazonaws.com", machine.roleArn);
      checkObservability(machine, authorizer, warn);
    }
    const machines = await createMachines({
      identity,
      storage: data,
      machines: declared,
      functions: part(lambda),
      authorizer,
      emit: publish,
      onError: warn,
      retryScale: options.retryScale,
      waitScale: options.waitScale,
    });
    return {
      part: machines,
      wire: statesService(machines),
      start: () => machines.resume(),
      pending: () => machines.pending,
      stop: () => machines.close(),
    };
  },
  async take(machines, { arn, body, sender, roleArn, id = randomUUID() }, authorizer) {
    // A machine has no policy of its own: the sender reaches it through a role.
    if (roleArn !== undefined) authorizer.authorizeAssume(sender, roleArn);
    const caller = { kind: "role", arn: sessionArn(roleArn ?? "", sender.split(".")[0] ?? sender) } as const;
    authorizer.authorize(caller, "states:StartExecution", arn);
    // EventBridge names executions this way: the event's id, so that one leads to the other, and a unique part.
    await machines.start(arn, body, `${id}_${randomUUID()}`);
  },
};
