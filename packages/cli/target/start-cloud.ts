import { startCloud, type Cloud, type CloudOptions } from "pulumi-local-cloud";
import { messageOfError } from "../system-errors";
import { followDeletion, sweepCopies } from "./copies";

export type LocalOptions = Omit<CloudOptions, "fallbackEmail" | "onEvent" | "title">;

/**
 * The local mode as every command starts it: topics without a subscriber get an inbox for their mail, and copies follow
 * their objects.
 */
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
    fallbackEmail: (topic) => `${topic}@inbox.local`,
    onEvent: (event) => orWarn(() => followDeletion(data, event)),
  });
  orWarn(() => sweepCopies(cloud));
  return cloud;
}
