/**
 * Publishes one event after the other, to a bus that never delivers, until it is killed; reports which were accepted.
 */
import { newEvent, openEventBus } from "../../../../../packages/local-cloud/services/events";
import { identity } from "../../gateway/helpers";

async function publish(folder: string): Promise<void> {
  const bus = await openEventBus({
    folder,
    rules: [
      {
        name: "uploads",
        arn: "arn:rule",
        pattern: { source: ["aws.s3"] },
        targets: [{ id: "machine", arn: "arn:machine", deliver: () => Promise.reject(new Error("never")) }],
      },
    ],
  });
  for (let i = 0; ; i++) {
    const key = `uploads/${i}`;
    await bus.publish(
      newEvent(identity, { source: "aws.s3", detailType: "Object Created", detail: { object: { key } } }),
    );
    process.send?.(key);
  }
}

publish(process.argv[2] ?? "").catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
