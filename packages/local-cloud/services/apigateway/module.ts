import { lambda } from "../lambda/module";
import type { LocalService } from "../module";
import type { DeclaredApi } from "./declared";
import { API, INTEGRATION, readApis, ROUTE, STAGE } from "./graph";
import { httpApis } from "./index";

export const apigateway: LocalService<readonly DeclaredApi[], undefined> = {
  name: "apigateway",
  serves: [API, INTEGRATION, ROUTE, STAGE],
  declared: readApis,
  open({ authorizer, identity, options, part }, apis) {
    const route = httpApis({ identity, apis, functions: part(lambda), authorizer, onLog: options.onLog });
    return { part: undefined, routes: () => [route] };
  },
};
