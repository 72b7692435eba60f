import { lambda } from "../lambda/module";
import type { LocalService } from "../module";
import type { DeclaredApi } from "./declared";
import { apiType, integrationType, readApis, routeType, stageType } from "./graph";
import { httpApis } from "./index";

export const apigateway: LocalService<readonly DeclaredApi[], undefined> = {
  name: "apigateway",
  serves: [apiType, integrationType, routeType, stageType],
  declared: readApis,
  open({ authorizer, identity, options, part }, apis) {
    const route = httpApis({ identity, apis, functions: part(lambda), authorizer, onLog: options.onLog });
    return { part: undefined, routes: () => [route] };
  },
};
