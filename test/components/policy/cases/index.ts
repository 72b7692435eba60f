import type { Case } from "../harness";
import { permissions } from "./permissions";
import { secrets } from "./secrets";
import { storage } from "./storage";

/** Every case there is: all are judged, and all count as tries of the rules that they expect. */
export const cases: readonly Case[] = [...storage, ...permissions, ...secrets];
