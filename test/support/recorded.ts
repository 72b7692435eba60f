export interface Call {
  readonly operation: string;
  readonly input: unknown;
}

/**
 * A client with only the given operations; each call is recorded in order, any other fails the test. The answers
 * replace a service that the flow tests run for real.
 */
export function recorded<Client>(
  answers: { [Operation in keyof Client]?: (input: never) => unknown },
  calls: Call[] = [],
): Client {
  return new Proxy(
    {},
    {
      get: (_, operation) => async (input: never) => {
        const answer = answers[operation as keyof Client];
        if (answer === undefined) throw new Error(`Unexpected call of ${String(operation)}.`);
        calls.push({ operation: String(operation), input });
        return await answer(input);
      },
    },
  ) as Client;
}

/** The clients for photos that are not plain, of which a plain one needs none. */
export const unused = {
  s3: (): never => {
    throw new Error("A plain photo was read.");
  },
  pictures: (): never => {
    throw new Error("A plain photo was decoded.");
  },
};

/** Stands for waiting, of which nothing is to be seen. */
export const noSleep = (): Promise<void> => Promise.resolve();

/** The event of the first message that was published. */
export function eventIn(calls: readonly Call[]): object {
  const { Message } = calls[0]?.input as { Message: string };
  return JSON.parse((JSON.parse(Message) as { default: string }).default) as object;
}
