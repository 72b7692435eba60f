/** Packages of the tests that ship no types: the declarations in use. */
declare module "dynalite" {
  import type { Server } from "node:http";
  export default function dynalite(options?: {
    path?: string;
    createTableMs?: number;
    deleteTableMs?: number;
    updateTableMs?: number;
  }): Server;
}

declare module "asl-validator" {
  export default function validate(definition: object): { isValid: boolean; errorsText(separator?: string): string };
}
