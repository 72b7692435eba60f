/**
 * Adds faces as fast as it can until it is killed, and reports to its parent each one that was confirmed as kept. Run
 * by collection.test.ts; its argument is the folder.
 */
import { CollectionStore } from "../../../../../packages/local-cloud/services/rekognition/store";
import { embeddingOf } from "../../../../../packages/local-cloud/services/rekognition/faces/scripted-engine";

const box = { left: 0, top: 0, width: 1, height: 1 };

async function run(folder: string): Promise<void> {
  const collection = new CollectionStore(folder, ["students"]).get("students");
  if (collection === undefined) throw new Error("The store has not made the collection that it was given.");
  for (;;) {
    const imageId = `${process.pid}:${collection.size}`;
    const face = collection.add({ imageId, box, confidence: 99, indexed: 0 }, embeddingOf(imageId));
    await new Promise<void>((resolve) => process.send?.(face.faceId, () => resolve()));
  }
}

void run(process.argv[2] ?? "");
