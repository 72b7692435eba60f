import { markProgress, readUploads, type Grants } from "../runtime/grants";

export const checkFormatGrants: Grants = (on) => [markProgress(on), readUploads(on)];
