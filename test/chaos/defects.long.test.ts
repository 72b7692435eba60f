import { expect } from "chai";
import { defects } from "./defects";
import { startChaos } from "./runner";
import { functionPattern, scenarioOf, systematic, type Scenario } from "./scenario";

const seed = 1;

describe("A chaos run finds a planted defect", () => {
  const titled = (title: string): Scenario => {
    const number = systematic.findIndex((each) => each.title === title);
    if (number < 0) throw new Error(`There is no scenario "${title}".`);
    return scenarioOf(number, seed);
  };
  const rivalsOf = (milliseconds: number): Scenario => ({
    number: 9000,
    title: "two students with one face, both past CheckDuplicate before either is indexed",
    uploads: ["S1", "S2"].map((student) => ({
      student,
      persons: ["ann"],
      file: "jpeg",
      way: "copy",
      pause: 0,
    })),
    faults: [],
    rules: [{ service: "rekognition", operation: "IndexFaces", fault: { kind: "delay", milliseconds } }],
  });
  /** The step's function starts late, after the other branch has finished. */
  const late =
    (step: string, scenario: Scenario) =>
    (milliseconds: number): Scenario => ({
      ...scenario,
      rules: [
        ...scenario.rules,
        {
          service: "lambda",
          operation: "Invoke",
          caller: functionPattern(step),
          calls: [1],
          fault: { kind: "delay", milliseconds },
        },
      ],
    });
  /** Milliseconds that make the defect visible: the first value does, except on a very busy machine. */
  const delays = [1500, 6000, 20_000];
  const planted: Readonly<Record<keyof typeof defects, readonly [(delay: number) => Scenario, promise: RegExp]>> = {
    "undo-leaves-face": [
      late("CreateThumbnail", titled("CreateThumbnail: PutObject is down for longer than anybody waits")),
      /^2: the collection/,
    ],
    "undo-leaves-thumbnails": [
      late("IndexFace", titled("IndexFace: IndexFaces is down for longer than anybody waits")),
      /^2: the bucket/,
    ],
    "race-not-contested": [rivalsOf, /^3: /],
  };

  it("of every kind that there is", () => {
    expect(Object.keys(planted).sort()).to.deep.equal(Object.keys(defects).sort());
  });

  for (const [name, change] of Object.entries(defects)) {
    it(name, async () => {
      const [scenario, promise] = planted[name] ?? [rivalsOf, /^$/];
      const chaos = await startChaos({ seed, change });
      try {
        const all: string[] = [];
        const isFound = () => all.some((sentence) => promise.test(sentence));
        for (const delay of delays) {
          if (!isFound()) all.push(...(await chaos.run(scenario(delay))).broken);
        }
        expect(isFound(), all.join("\n")).to.equal(true);
      } finally {
        await chaos.close();
      }
    });
  }

  it("and none where there is none: two rivals of one face end with one", async () => {
    const chaos = await startChaos({ seed });
    try {
      const { broken, endings } = await chaos.run(rivalsOf(1500));
      expect(broken).to.deep.equal([]);
      expect(endings).to.deep.equal({ accepted: 1, rejected: 1 });
    } finally {
      await chaos.close();
    }
  });
});
