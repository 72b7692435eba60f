import { markProgress, readUploads, type Grants } from "../lib/grants";

export const checkFormatGrants: Grants = (on) => [markProgress(on), readUploads(on)];
