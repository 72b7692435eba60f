import { startCloud, type Cloud, type CloudOptions } from "pulumi-local-cloud";
import { messageOfError } from "../system-errors";
import { followDeletion, sweepCopies } from "./copies";

export type LocalOptions = Omit<CloudOptions, "fallbackEmail" | "onEvent" | "secret" | "title">;

/** The local mode as every command starts it: mail of topics without a subscriber has an inbox, copies are kept true. */
export async function startLocalCloud(options: LocalOptions): Promise<Cloud> {
  const { data, onWarning = () => undefined } = options;
  const orWarn = (keep: () => void): void => {
    try {
      keep();
    } catch (error) {
      onWarning(messageOfError(error));
    }
  };
  const cloud = await startCloud({
    ...options,
    title: "AvatarPipeline's local cloud",
    // As in every version so far: links that were presigned before a restart stay valid.
    secret: "avatar-pipeline local",
    fallbackEmail: (topic) => `${topic}@inbox.local`,
    onEvent: (event) => orWarn(() => followDeletion(data, event)),
  });
  orWarn(() => sweepCopies(cloud));
  return cloud;
}
