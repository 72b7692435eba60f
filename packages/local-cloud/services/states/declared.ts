import type { Definition } from "./definition";

/** A state machine that the program declares. */
export interface DeclaredMachine {
  readonly name: string;
  readonly arn: string;
  readonly roleArn: string;
  /** Whether it has a log in CloudWatch, and traces in X-Ray; default false. */
  readonly isLogged?: boolean | undefined;
  readonly isTraced?: boolean | undefined;
  /** The definition's JSON text. */
  readonly definition: string;
}

/** A declared machine whose definition has been read. */
export interface Machine {
  readonly declared: DeclaredMachine;
  readonly definition: Definition;
}
