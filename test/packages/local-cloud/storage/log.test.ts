import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { appendToLog, openLog, readLog, type LogOptions } from "../../../../packages/local-cloud/storage/log";

interface Count {
  readonly n: number;
}

describe("a log", () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "log-"));
    path = join(folder, "deep", "counts.log");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const damaged = (line: number) => new Error(`line ${line} is damaged`);

  function opened(options: Partial<LogOptions<Count>> = {}) {
    const replayed: Count[] = [];
    const log = openLog<Count>(path, { replay: (entry) => replayed.push(entry), damaged, ...options });
    return { log, replayed };
  }

  function held(): Count[] {
    const entries: Count[] = [];
    readLog<Count>(path, { replay: (entry) => entries.push(entry), damaged });
    return entries;
  }

  it("gives back its whole entries wherever a write was cut short, and goes on behind them", () => {
    const { log } = opened();
    const ends = [1, 2, 3].map((n) => {
      log.append([{ n }]);
      return statSync(path).size;
    });
    log.close();
    const whole = readFileSync(path);
    for (let cut = 0; cut <= whole.length; cut++) {
      writeFileSync(path, whole.subarray(0, cut));
      const kept = [{ n: 1 }, { n: 2 }, { n: 3 }].filter((_, i) => (ends[i] ?? 0) <= cut);
      expect(held(), `read after a cut at ${cut}`).to.deep.equal(kept);
      const again = opened();
      expect(again.replayed, `opened after a cut at ${cut}`).to.deep.equal(kept);
      again.log.append([{ n: 4 }]);
      again.log.close();
      expect(held()).to.deep.equal([...kept, { n: 4 }]);
    }
  });

  it("begins a new file with its head, or leaves none at all", () => {
    const begin = [{ n: 0 }];
    opened({ begin }).log.close();
    expect(held()).to.deep.equal(begin);
    const again = opened({ begin });
    expect(again.replayed).to.deep.equal(begin);
    again.log.append([{ n: 1 }]);
    again.log.close();
    expect(held()).to.deep.equal([{ n: 0 }, { n: 1 }]);
  });

  it("writes the entries of one call together", () => {
    const { log } = opened();
    log.append([{ n: 1 }, { n: 2 }]);
    log.close();
    appendToLog(path, [{ n: 3 }, { n: 4 }]);
    expect(held().map(({ n }) => n)).to.deep.equal([1, 2, 3, 4]);
  });

  it("writes nothing of a call of which one entry cannot be written", () => {
    const { log } = opened();
    log.append([{ n: 1 }]);
    const endless: { n: number; self?: unknown } = { n: 2 };
    endless.self = endless;
    expect(() => log.append([{ n: 3 }, endless])).to.throw(/circular/);
    expect(() => appendToLog(path, [{ n: 3 }, endless])).to.throw(/circular/);
    log.append([{ n: 4 }]);
    log.close();
    expect(held().map(({ n }) => n)).to.deep.equal([1, 4]);
  });

  it("is rewritten when most of it is stale, while it is open and when it is opened", () => {
    let last = 0;
    const compaction = { size: () => 1, snapshot: () => [{ n: last }] };
    const replay = ({ n }: Count) => {
      last = n;
    };
    const { log } = opened({ replay, compaction });
    for (let n = 1; n <= 5_000; n++) {
      last = n;
      log.append([{ n }]);
    }
    log.close();
    expect(held().length).to.be.lessThan(1_100);
    expect(held().at(-1)).to.deep.equal({ n: 5_000 });

    appendToLog(
      path,
      Array.from({ length: 2_000 }, (_, i) => ({ n: 5_001 + i })),
    );
    opened({ replay, compaction }).log.close();
    expect(held()).to.deep.equal([{ n: 7_000 }]);
  });

  it("keeps everything when most of it is alive", () => {
    const { log } = opened({ compaction: { size: () => 4_000, snapshot: () => [] } });
    for (let n = 1; n <= 4_500; n++) log.append([{ n }]);
    log.close();
    expect(held().length).to.equal(4_500);
  });

  it("survives a rewrite that fails, because the entries are there already", () => {
    const fail = (): Count[] => {
      throw new Error("the disk is full");
    };
    const { log } = opened({ compaction: { size: () => 1, snapshot: fail } });
    for (let n = 1; n <= 2_000; n++) log.append([{ n }]);
    log.close();
    expect(held().length).to.equal(2_000);
    expect(existsSync(`${path}.new`)).to.equal(false);
  });

  it("names a line that is damaged, or passes over it if the reader wants so", () => {
    opened().log.close();
    appendFileSync(path, '{"n":1}\nnonsense\n{"n":3}\n');
    expect(() => opened()).to.throw("line 2 is damaged");
    expect(opened({ damaged: () => undefined }).replayed.map(({ n }) => n)).to.deep.equal([1, 3]);
  });

  it("holds nothing while it is missing, and clears away a rewrite that was cut short", () => {
    expect(held()).to.deep.equal([]);
    opened().log.close();
    writeFileSync(`${path}.new`, '{"n":');
    opened().log.close();
    expect(existsSync(`${path}.new`)).to.equal(false);
  });
});
