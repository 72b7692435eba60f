import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";

import { expect } from "chai";

import { s3Service } from "../../../../../packages/local-cloud/services/s3";
import { openJournal, type Journal } from "../../../../../packages/local-cloud/services/s3/store/journal";
import { openStore, type Store, type StoredObject } from "../../../../../packages/local-cloud/services/s3/store";
import { bucket, identity } from "./harness";

describe("local S3: the store", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "local-s3-store-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function put(store: Store, key: string, bytes: string): Promise<StoredObject> {
    async function* chunks() {
      yield Promise.resolve(Buffer.from(bytes));
    }
    const blob = await store.receive(chunks());
    const version: StoredObject = {
      key,
      versionId: store.newVersionId(),
      sequencer: store.newSequencer(new Date()),
      lastModified: 0,
      deleteMarker: false,
      blob,
      size: bytes.length,
      etag: "",
      headers: {},
      metadata: {},
      storageClass: "STANDARD",
      tags: {},
    };
    store.commit({ do: "put", bucket: "b", version });
    return version;
  }

  /** A journal that never drops an entry. */
  function open<Entry>(path: string, replay: (entry: Entry) => void = () => undefined): Journal<Entry> {
    return openJournal<Entry>(path, { replay, size: () => Infinity, snapshot: () => [] });
  }

  describe("has a journal that", () => {
    it("gives back its entries up to wherever a write was cut short", () => {
      const path = join(folder, "journal");
      const journal = open<{ n: string }>(path);
      const entries = ["một", "hai", "ba\n", "😀"].map((n) => ({ n }));
      const ends = entries.map((entry) => {
        journal.append(entry);
        return statSync(path).size;
      });
      journal.close();
      const whole = readFileSync(path);
      for (let cut = 0; cut <= whole.length; cut++) {
        writeFileSync(path, whole.subarray(0, cut));
        const replayed: unknown[] = [];
        const opened = open<{ n: string }>(path, (entry) => replayed.push(entry));
        expect(replayed, `cut at ${cut}`).to.deep.equal(entries.filter((_, i) => (ends[i] ?? 0) <= cut));
        opened.append({ n: "next" });
        opened.close();
        open<{ n: string }>(path, (entry) => replayed.push(entry)).close();
        expect(replayed.at(-1)).to.deep.equal({ n: "next" });
      }
    });

    it("may have been begun by an earlier version, whose head named the program", () => {
      const path = join(folder, "journal");
      writeFileSync(path, '{"journal":"avatar-pipeline s3","version":1}\n{"n":"before"}\n');
      const replayed: unknown[] = [];
      const journal = open<{ n: string }>(path, (entry) => replayed.push(entry));
      journal.append({ n: "after" });
      journal.close();
      open<{ n: string }>(path, (entry) => replayed.push(entry)).close();
      expect(replayed).to.deep.equal([{ n: "before" }, { n: "before" }, { n: "after" }]);
    });

    it("says what to do when it is damaged or of another version", () => {
      const path = join(folder, "journal");
      open(path).close();
      const head = readFileSync(path, "utf8");
      writeFileSync(path, `${head}{"a":\n{"b":1}\n`);
      expect(() => open(path)).to.throw(/Line 2 of .*journal is not JSON.*delete the folder/s);
      writeFileSync(path, head.replace('"version":1', '"version":2'));
      expect(() => open(path)).to.throw(/"version":2.*this version reads.*"version":1/s);
    });
  });

  it("clears away what a killed process left: half a file, a file without its entry, half a rewrite", async () => {
    const store = openStore(folder);
    const kept = await put(store, "k", "kept");
    await store.close();
    writeFileSync(join(folder, "incoming", "half"), "ha");
    mkdirSync(join(folder, "data", "zz"), { recursive: true });
    writeFileSync(join(folder, "data", "zz", "zz-orphan"), "orphan");
    writeFileSync(join(folder, "journal.jsonl.new"), "{");
    const again = openStore(folder);
    expect(readdirSync(join(folder, "incoming"))).to.deep.equal([]);
    expect(readdirSync(join(folder, "data", "zz"))).to.deep.equal([]);
    expect(again.versions("b", "k")).to.deep.equal([kept]);
    expect(String(await buffer(await again.read(kept.blob, 0, 3)))).to.equal("kept");
    await again.close();
  });

  it("keeps its journal short, and loses nothing by it", async () => {
    const store = openStore(folder);
    const { versionId } = await put(store, "k", "x");
    const second = await put(store, "k", "y");
    for (let i = 0; i < 25_000; i++) store.commit({ do: "tag", bucket: "b", key: "k", versionId, tags: { i: `${i}` } });
    expect(readFileSync(join(folder, "journal.jsonl"), "utf8").split("\n").length).to.be.lessThan(20_000);
    const before = store.versions("b", "k");
    await store.close();
    const again = openStore(folder);
    expect(again.versions("b", "k")).to.deep.equal(before);
    expect(again.versions("b", "k")[0]).to.deep.equal(second);
    expect(again.newSequencer(new Date(0)) > second.sequencer).to.equal(true);
    await again.close();
  });

  it("lets a reader finish whose object is deleted or replaced meanwhile", async () => {
    const store = openStore(folder);
    const version = await put(store, "k", "x".repeat(500_000));
    const stream = await store.read(version.blob, 0, version.size - 1);
    store.commit({ do: "remove", bucket: "b", key: "k", versionId: version.versionId });
    expect((await buffer(stream)).length).to.equal(500_000);
    await store.close();
    expect(() => store.commit({ do: "abort", upload: "x" })).to.throw(/is closed/);
  });

  it("refuses a bucket that S3 would not take", () => {
    const options = {
      identity,
      storage: folder,
      credentials: () => undefined,
      authorizeAs: () => undefined,
      emit: () => undefined,
    };
    for (const name of ["..", "a", "Photos", "a/b", "-a-", "x".repeat(64)]) {
      expect(() => s3Service({ ...options, buckets: [bucket(name)] }), name).to.throw(/bucket name .* is not valid/);
    }
  });
});
