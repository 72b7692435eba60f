import { fork } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import fc from "fast-check";

import { Collection, type StoredFace } from "../../../../../packages/local-cloud/services/rekognition/collection";
import { FaceIndex } from "../../../../../packages/local-cloud/services/rekognition/face-index";
import { CollectionStore } from "../../../../../packages/local-cloud/services/rekognition/store";
import { embeddingOf } from "../../../../../packages/local-cloud/services/rekognition/faces/scripted-engine";

const seenAs = (name: string): Omit<StoredFace, "faceId" | "sequence"> => ({
  imageId: name,
  externalImageId: name,
  box: { left: 0, top: 0, width: 1, height: 1 },
  confidence: 99,
  indexed: 0,
});

const distance = (one: Float32Array, other: Float32Array) =>
  Math.sqrt(one.reduce((squares, value, i) => squares + (value - other[i]!) ** 2, 0));

describe("face index", () => {
  it("finds exactly what a comparison of each face finds, nearest first, after any additions and removals", () => {
    const people = [0, 1, 2, 3, 4, 5].map((person) => embeddingOf(`${person}`));
    // Few distinct embeddings, so that equal faces and near misses of the distance occur.
    const embedding = fc
      .record({
        person: fc.integer({ min: 0, max: 5 }),
        other: fc.integer({ min: 0, max: 5 }),
        share: fc.double({ min: 0, max: 1, noNaN: true }),
      })
      .map(({ person, other, share }) =>
        people[person]!.map((value, i) => value * (1 - share) + people[other]![i]! * share),
      );
    const steps = fc.array(
      fc.oneof(
        { weight: 3, arbitrary: embedding.map((add) => ({ add })) },
        { weight: 1, arbitrary: fc.nat(100).map((remove) => ({ remove })) },
      ),
      { maxLength: 50 },
    );
    fc.assert(
      fc.property(steps, embedding, fc.double({ min: 0, max: 3, noNaN: true }), (changes, query, reach) => {
        const index = new FaceIndex();
        const kept: Float32Array[] = [];
        for (const change of changes) {
          if ("add" in change) expect(index.add(change.add)).to.equal(kept.push(change.add) - 1);
          else if (kept.length > 0) {
            const slot = change.remove % kept.length;
            const moved = index.remove(slot);
            const last = kept.pop()!;
            expect(moved).to.equal(slot === kept.length ? undefined : kept.length);
            if (moved !== undefined) kept[slot] = last;
          }
        }
        const found = index.near(query, reach);
        const distances = kept.map((one) => distance(one, query));
        const border = (value: number) => Math.abs(value - reach) < 1e-6;
        for (const { slot, distance: told } of found) expect(told).to.be.closeTo(distances[slot]!, 1e-6);
        const slots = new Set(found.map(({ slot }) => slot));
        distances.forEach((value, slot) => border(value) || expect(slots.has(slot)).to.equal(value < reach));
        expect(found.map((one) => one.distance)).to.deep.equal(found.map((one) => one.distance).sort((a, b) => a - b));
        expect(index.size).to.equal(kept.length);
      }),
      { numRuns: 100 },
    );
  });

  it("refuses an embedding of another length", () => {
    expect(() => new FaceIndex().add(new Float32Array(64))).to.throw("128 numbers, not 64");
  });
});

describe("face collection", () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "collection-"));
    path = join(folder, "students.jsonl");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("is the same after it was closed and opened", () => {
    const collection = Collection.create(path, "students", 1234);
    const faces = ["an", "binh", "chi"].map((name) => collection.add(seenAs(name), embeddingOf(name)));
    collection.remove([faces[0]!.faceId]);
    collection.close();

    const again = Collection.open(path);
    expect([again.id, again.created, again.size]).to.deep.equal(["students", 1234, 2]);
    expect([...again.after(0)]).to.deep.equal(faces.slice(1));
    const matches = again.near(embeddingOf("chi"), 0.5, 10, () => true);
    expect(matches.map(({ face }) => face)).to.deep.equal([faces[2]]);
    expect(again.add(seenAs("dung"), embeddingOf("dung")).sequence).to.be.greaterThan(faces[2]!.sequence);
    expect(again.add(seenAs("binh"), embeddingOf("binh"))).to.deep.equal(faces[1]);
    again.close();
  });

  it("drops a last line that was never finished, and goes on", () => {
    const collection = Collection.create(path, "students", 0);
    collection.add(seenAs("an"), embeddingOf("an"));
    collection.close();
    const whole = readFileSync(path);
    const line = whole.subarray(whole.indexOf("\n") + 1);
    for (const length of [1, 20, line.length - 1]) {
      writeFileSync(path, whole);
      appendFileSync(path, line.subarray(0, length));
      const again = Collection.open(path);
      expect(again.size).to.equal(1);
      again.add(seenAs("binh"), embeddingOf("binh"));
      again.close();
      const then = Collection.open(path);
      expect([...then.after(0)].map(({ externalImageId }) => externalImageId)).to.deep.equal(["an", "binh"]);
      then.close();
    }
  });

  it("refuses a file that was damaged in the middle, naming file and line", () => {
    const collection = Collection.create(path, "students", 0);
    collection.add(seenAs("an"), embeddingOf("an"));
    collection.close();
    writeFileSync(path, readFileSync(path, "utf8").replace('{"add"', '{"add'));
    expect(() => Collection.open(path)).to.throw(`Line 2 of the face collection ${path} is damaged`);
  });

  it("shrinks its file when most of it is about faces that are gone", () => {
    const collection = Collection.create(path, "students", 7);
    const kept = collection.add(seenAs("an"), embeddingOf("an"));
    for (let i = 0; i < 600; i++) {
      collection.remove([collection.add(seenAs(`gone-${i}`), embeddingOf("binh")).faceId]);
    }
    const later = collection.add(seenAs("chi"), embeddingOf("chi"));
    collection.close();
    expect(readFileSync(path, "utf8").split("\n").length).to.be.lessThan(300);

    const again = Collection.open(path);
    expect([...again.after(0)]).to.deep.equal([kept, later]);
    const next = again.add(seenAs("dung"), embeddingOf("dung"));
    again.close();
    const then = Collection.open(path);
    expect([...then.after(kept.sequence)]).to.deep.equal([later, next]);
    expect(then.created).to.equal(7);
    then.close();
  });

  it("keeps every face that it said it has when its process is killed", async () => {
    const told: string[] = [];
    for (let round = 0; round < 2; round++) {
      const child = fork(join(__dirname, "kill-child.js"), [folder]);
      child.on("message", (faceId: string) => {
        told.push(faceId);
        if (told.length % 400 === 0) child.kill("SIGKILL");
      });
      await once(child, "close");
    }
    const store = new CollectionStore(folder, []);
    const faces = new Set([...(store.get("students")?.after(0) ?? [])].map(({ faceId }) => faceId));
    expect(told.length).to.be.at.least(800);
    expect(told.filter((faceId) => !faces.has(faceId))).to.deep.equal([]);
    store.close();
  });
});

describe("collection store", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "collections-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("keeps made and declared collections apart by their exact names", () => {
    const long = "x".repeat(254);
    const ids = ["students", "Students", "a.b", `${long}1`, `${long}2`].sort();
    const store = new CollectionStore(folder, ids);
    store.get("students")?.add(seenAs("an"), embeddingOf("an"));
    store.close();
    const again = new CollectionStore(folder, ["students"]);
    expect(again.ids()).to.deep.equal(ids);
    expect(ids.map((id) => again.get(id)?.size)).to.deep.equal(ids.map((id) => (id === "students" ? 1 : 0)));
    again.close();
  });

  it("forgets a removed collection, and a file that was never finished", () => {
    const store = new CollectionStore(folder, ["students"]);
    store.create("alumni").add(seenAs("an"), embeddingOf("an"));
    store.remove("alumni");
    store.close();
    writeFileSync(join(folder, "guests-0.jsonl.new"), '{"collection":"gue');
    const again = new CollectionStore(folder, []);
    expect(again.ids()).to.deep.equal(["students"]);
    expect(again.create("alumni").size).to.equal(0);
    again.close();
    expect(readdirSync(folder)).to.have.length(2);
  });
});
