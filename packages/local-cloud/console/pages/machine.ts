import { draw, type Light } from "../graph/draw";
import type { Html } from "../html";
import type { Layouts } from "../layouts";
import { transitionsOf, visitsOf } from "../runs";
import type { MachineSource } from "../sources";
import { empty } from "./parts";

/** Limit of running executions that light the machine; more of them light the same states. */
const maxLighting = 300;

/**
 * A machine's drawing, with the states that its executions are in.
 *
 * @param id unique in the page
 */
export function machinePicture(machines: MachineSource, layouts: Layouts, machineArn: string, id: string): Picture {
  const lit = lightMachine(machines, machineArn);
  const layout = layouts(machineArn);
  return {
    running: lit.running,
    picture: layout ? draw({ id, layout, ...lit }) : empty("The program does not declare the state machine."),
  };
}

export interface Picture {
  readonly picture: Html;
  /** Number of its running executions. */
  readonly running: number;
}

/** The states that running executions are in, and how many. */
function lightMachine(
  machines: MachineSource,
  machineArn: string,
): {
  readonly lights: ReadonlyMap<string, Light>;
  readonly counts: ReadonlyMap<string, number>;
  readonly ways: ReadonlySet<string>;
  readonly running: number;
  readonly title: string;
} {
  const running = [...machines.executions()].filter(
    (execution) => execution.machineArn === machineArn && execution.status === "RUNNING",
  );
  const counts = new Map<string, number>();
  const ways = new Set<string>();
  for (const execution of running.slice(0, maxLighting)) {
    const visits = visitsOf(execution, machines.history(execution.arn));
    for (const { name, status } of visits) {
      if (status === "running" || status === "waiting") counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    for (const way of transitionsOf(visits)) ways.add(way);
  }
  const states = [...counts].map(([name, n]) => (n > 1 ? `${name} (${n})` : name));
  return {
    lights: new Map([...counts.keys()].map((name) => [name, "running"])),
    counts,
    ways,
    running: running.length,
    title: states.length === 0 ? "The state machine; nothing runs" : `The state machine; now in ${states.join(", ")}`,
  };
}
