import { layOut, type Layout } from "./graph/layout";
import { readGraph } from "./graph/model";
import type { MachineSource } from "./sources";

/** The drawing's layout for a declared machine; undefined for one that is no longer declared. */
export type Layouts = (machineArn: string) => Layout | undefined;

/** A definition does not change while the program runs, so each is laid out once. */
export function createLayouts(machines: MachineSource): Layouts {
  const known = new Map<string, Layout>();
  return (arn) => {
    const found = machines.find(arn);
    if (!found) return undefined;
    const layout = known.get(arn) ?? layOut(readGraph(found.definition));
    known.set(arn, layout);
    return layout;
  };
}
