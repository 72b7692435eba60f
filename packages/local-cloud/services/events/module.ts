import type { LocalService, ServiceContext } from "../module";
import type { DeclaredRule, DeclaredTarget } from "./rules";
import { readRules, ruleType, targetType, type GraphRule, type GraphTarget } from "./graph";
import { eventsService, openEventBus, type EventBus } from "./index";
import { runSchedules } from "./schedules";

export const events: LocalService<readonly GraphRule[], EventBus> = {
  name: "events",
  serves: [ruleType, targetType],
  declared: readRules,
  async open(context, rules) {
    const { identity, faults, warn } = context;
    const connected = rules.map((rule) => connect(rule, context));
    const bus = await openEventBus({ folder: context.folder("events"), rules: connected, onDrop: warn, faults });
    let stopSchedules = (): void => undefined;
    return {
      part: bus,
      wire: eventsService({ identity, bus }),
      publish: (event) => bus.publish(event),
      start() {
        bus.start();
        stopSchedules = runSchedules(rules, identity, bus, warn);
      },
      pending: () => bus.pending,
      idle: () => bus.idle(),
      async stop() {
        stopSchedules();
        await bus.close();
      },
    };
  },
};

function connect(rule: GraphRule, context: ServiceContext): DeclaredRule {
  return { ...rule, targets: rule.targets.flatMap((target) => connectTarget(target, rule.arn, context)) };
}

/** How the rule hands an event to the target; nothing for a target of a kind that accepts none. */
function connectTarget(target: GraphTarget, ruleArn: string, context: ServiceContext): DeclaredTarget[] {
  const { name, arn, roleArn, deadLetterArn } = target;
  if (!context.takes(arn)) {
    context.warn(`The target ${name} (${arn}) is of a kind that gets no events in the local mode.`);
    return [];
  }
  // Waits until the started work has ended: a kill before that would lose an accepted event.
  const from = { sender: "events.amazonaws.com", sourceArn: ruleArn, untilEnded: true };
  return [
    {
      ...target,
      deliver: (body, { event }) => context.handOver({ ...from, arn, body, roleArn, id: event.id }),
      deadLetter:
        deadLetterArn === undefined
          ? undefined
          : (body, attributes) => context.handOver({ ...from, arn: deadLetterArn, body, attributes }),
    },
  ];
}
