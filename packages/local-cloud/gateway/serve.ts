import { ServerResponse, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { FaultInjector } from "../faults";
import type { CloudRequest, CloudService } from "./service";

/** A call that is ready for its service. */
export interface ReadyCall {
  readonly service: CloudService;
  readonly cloudRequest: CloudRequest;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/**
 * Lets the service answer, with the faults that are scripted for this call.
 *
 * @param cutOff aborted when the gateway cuts off what has not finished
 */
export async function serve(call: ReadyCall, faults: FaultInjector | undefined, cutOff: AbortSignal): Promise<void> {
  const { service, cloudRequest, request, response } = call;
  if (!faults?.active) return service.handle(cloudRequest, response);
  const faultCall = {
    service: service.name,
    operation: await service.operationOf(cloudRequest),
    caller: cloudRequest.caller.arn,
    accessKeyId: cloudRequest.signature?.accessKeyId,
  };
  const injected = faults.decide(faultCall);
  if (injected.delayMilliseconds > 0) {
    await sleep(injected.delayMilliseconds, undefined, { signal: cutOff }).catch(() => undefined);
  }
  // Not to the service any more: it is closing.
  if (cutOff.aborted) request.socket.destroy();
  else if (injected.kill === "before") {
    faults.kill(faultCall);
    request.socket.destroy();
  } else if (injected.refusal) {
    service.writeError(injected.refusal, cloudRequest, response);
  } else if (injected.dropAnswer || injected.kill === "after") {
    await service.handle(cloudRequest, unsentResponse(request));
    if (injected.kill === "after") faults.kill(faultCall);
    request.socket.destroy();
  } else {
    await service.handle(cloudRequest, response);
  }
  return undefined;
}

/** A response for the service to write that is never sent: the effect takes place, the answer is lost. */
function unsentResponse(request: IncomingMessage): ServerResponse {
  const response = new ServerResponse(request);
  const nowhere = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  // Only a server's own connections resume their responses; a stream into this one would wait for ever.
  nowhere.on("drain", () => response.emit("drain"));
  response.assignSocket(nowhere as unknown as Socket);
  return response;
}
