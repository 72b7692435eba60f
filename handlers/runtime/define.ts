import type { ReasonCode } from "../contract/reasons";
import type { ClientsOf } from "./clients";
import type { PipelineArns, Statement } from "./grants";
import { setting, type Setting, type SettingName, type SettingsOf } from "./settings";
import { step, type Handler } from "./step";

/** One function, as it is deployed; each is defined once, in the folder of its handler. */
export interface FunctionDefinition<Arns extends PipelineArns = PipelineArns> {
  /** In PascalCase and without a number: resources are named after it, so that renumbering replaces nothing. */
  readonly name: string;
  /** Serialized into the function: makes the handler, once per process. */
  readonly factory: () => Handler<never, unknown>;
  /** The environment variables of its settings. */
  readonly variables: readonly SettingName[];
  /** The IAM statements of its role. */
  readonly grants: (on: Arns) => readonly Statement[];
  /** MB. Lambda gives processor time in proportion; see docs/performance.md. */
  readonly memorySize: number;
  /** Seconds. */
  readonly timeout: number;
  /** Whether the function needs the layer `avatar-imaging`. */
  readonly usesImaging: boolean;
}

/** A call of a service, under the service's own name of the operation. */
export type ServiceCall = readonly [service: string, operation: string];

/** One step of the flow: the function of the state with the same name. */
export interface Step extends FunctionDefinition {
  /** The reasons that the step can refuse a photo for. */
  readonly refusals: readonly ReasonCode[];
  /**
   * Every call that any path through the function makes: the cost of a photo is computed from them, and the chaos runs
   * inject their faults there. A test compares the list with the calls that the functions actually make.
   */
  readonly calls: readonly ServiceCall[];
}

interface Definition<Settings, Clients, Input, Output, Arns> {
  readonly name: string;
  readonly handler: (settings: Settings, clients: Clients) => Handler<Input, Output>;
  readonly settings: SettingsOf<Settings>;
  readonly clients: ClientsOf<Clients>;
  /** A wrapper around the handler, such as a log line for each call. */
  readonly around?: (name: string, handle: Handler<Input, Output>) => Handler<Input, Output>;
  readonly grants: (on: Arns) => readonly Statement[];
  readonly memorySize: number;
  readonly timeout: number;
  readonly usesImaging?: boolean;
}

/**
 * Makes a definition's factory. The serializer ships only what the factory names: the handler, the reader of its
 * settings and the factories of its clients. Grants, memory and the rest stay with the deployment.
 */
export function defineFunction<Settings, Clients, Input, Output, Arns extends PipelineArns = PipelineArns>({
  handler,
  settings,
  clients,
  around,
  usesImaging = false,
  ...deployed
}: Definition<Settings, Clients, Input, Output, Arns>): FunctionDefinition<Arns> {
  const { name } = deployed;
  const readers: Readonly<Record<string, Setting<unknown>>> = settings;
  const makers: Readonly<Record<string, () => unknown>> = clients;
  return {
    ...deployed,
    usesImaging,
    variables: Object.values(readers).flatMap(({ from, also = [] }) => [from, ...also]),
    factory: () => {
      const handle = handler(
        mapped(readers, ({ from, read }) => read(setting(from), setting)) as Settings,
        mapped(makers, (make) => make()) as Clients,
      );
      return around === undefined ? handle : around(name, handle);
    },
  };
}

function mapped<From, To>(given: Readonly<Record<string, From>>, change: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, change(value)]));
}

/** Defines the function of a step: the machine sees its errors as {@link step} names them. */
export function defineStep<Settings, Clients, Input, Output>({
  refusals,
  calls,
  ...definition
}: Omit<Definition<Settings, Clients, Input, Output, PipelineArns>, "around"> &
  Pick<Step, "refusals" | "calls">): Step {
  return { ...defineFunction({ ...definition, around: step }), refusals, calls };
}
