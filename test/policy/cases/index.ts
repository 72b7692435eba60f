import type { Case } from "../harness";
import { permissions } from "./permissions";
import { secrets } from "./secrets";
import { storage } from "./storage";

/** All cases: each is evaluated, and each counts as a test of the rules that it expects. */
export const cases: readonly Case[] = [...storage, ...permissions, ...secrets];
