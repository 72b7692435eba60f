import type { Execution } from "./executions";
import type { MachinesState } from "./running";
import { statusChange } from "./status-change";

const retryMs = 1_000;

/** Publishes a status to the bus; an end until the bus accepts it, so that none is lost. */
export async function announce(
  state: MachinesState,
  execution: Execution,
  input: string,
  output: string | undefined,
): Promise<void> {
  const { identity, store } = state;
  state.announcing++;
  try {
    await state.emit(statusChange(identity, execution, input, output));
    if (execution.unannounced && !state.closed) {
      await store.update({ ...execution, unannounced: false });
    }
  } catch {
    // A start may be missed; an end may not.
    if (execution.status === "RUNNING" || state.closed) return;
    await new Promise((done) => setTimeout(done, retryMs).unref());
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- close() may have come meanwhile
    if (!state.closed) void announce(state, execution, input, output);
  } finally {
    state.announcing--;
  }
}
