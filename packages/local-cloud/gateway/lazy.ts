import type { CloudService } from "./service";

/** A service that is loaded with its first request: most runs never call it, and its dependencies take long to load. */
export function lazyService(name: string, load: () => Promise<CloudService>): CloudService {
  let loaded: Promise<CloudService> | undefined;
  const service = (): Promise<CloudService> => (loaded ??= load());
  return {
    name,
    operationOf: async (request) => (await service()).operationOf(request),
    handle: async (request, response) => (await service()).handle(request, response),
    writeError(error, request, response) {
      void service().then((known) => known.writeError(error, request, response));
    },
    close: async () => (await loaded)?.close?.(),
  };
}
