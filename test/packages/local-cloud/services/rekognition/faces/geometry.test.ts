import { expect } from "chai";
import fc from "fast-check";

import {
  applySimilarity,
  shrink,
  turn,
  turnBack,
  warp,
  type Picture,
  type Turns,
} from "../../../../../../packages/local-cloud/services/rekognition/faces/picture";
import { align, meanShape, poseOf } from "../../../../../../packages/local-cloud/services/rekognition/faces/shape";
import { distanceOf, similarityOf } from "../../../../../../packages/local-cloud/services/rekognition/faces/similarity";

const picture = fc
  .record({ width: fc.integer({ min: 1, max: 12 }), height: fc.integer({ min: 1, max: 12 }) })
  .chain(({ width, height }) =>
    fc
      .uint8Array({ minLength: width * height * 3, maxLength: width * height * 3 })
      .map((data): Picture => ({ data, width, height })),
  );
const turns = fc.constantFrom<Turns>(0, 1, 2, 3);

const pixel = ({ data, width }: Picture, x: number, y: number) => [
  ...data.subarray((y * width + x) * 3).subarray(0, 3),
];

describe("pictures", () => {
  it("turn by quarters and back again, point by point", () => {
    fc.assert(
      fc.property(picture, turns, (before, quarter) => {
        const after = turn(before, quarter);
        for (let y = 0; y < after.height; y++) {
          for (let x = 0; x < after.width; x++) {
            const from = turnBack({ x: x + 0.5, y: y + 0.5 }, quarter, before.width, before.height);
            expect(pixel(after, x, y)).to.deep.equal(pixel(before, from.x - 0.5, from.y - 0.5));
          }
        }
      }),
    );
  });

  it("keep their mean colour when they shrink, and their size is what was asked for", () => {
    fc.assert(
      fc.property(picture, fc.double({ min: 0.05, max: 1, noNaN: true }), (before, scale) => {
        const width = Math.max(1, Math.round(before.width * scale));
        const height = Math.max(1, Math.round(before.height * scale));
        const after = shrink(before, width, height);
        expect([after.width, after.height]).to.deep.equal([width, height]);
        for (let channel = 0; channel < 3; channel++) {
          const mean = ({ data }: Picture) =>
            data.filter((_, i) => i % 3 === channel).reduce((sum, value) => sum + value, 0) / (data.length / 3);
          expect(mean(after)).to.be.closeTo(mean(before), 0.6);
        }
      }),
    );
  });

  it("warped by nothing stay as they are, with the fill outside", () => {
    fc.assert(
      fc.property(picture, (before) => {
        const after = warp(before, { a: 1, b: 0, dx: -1, dy: -2 }, before.width + 1, before.height + 2, 77);
        for (let y = 0; y < after.height; y++) {
          for (let x = 0; x < after.width; x++) {
            const expected = x < 1 || y < 2 ? [77, 77, 77] : pixel(before, x - 1, y - 2);
            expect(pixel(after, x, y)).to.deep.equal(expected);
          }
        }
      }),
    );
  });
});

describe("the shape of a face", () => {
  /** The mean face, 68 landmarks, laid into a picture. */
  const laid = (map: { a: number; b: number; dx: number; dy: number }) => {
    const landmarks = Array.from({ length: 68 }, () => ({ x: 0, y: 0 }));
    for (const [landmark, x, y] of meanShape) landmarks[landmark] = applySimilarity(map, { x, y });
    return landmarks;
  };
  const placement = fc
    .record({
      scale: fc.double({ min: 0.2, max: 20, noNaN: true }),
      degrees: fc.integer({ min: -179, max: 179 }),
      dx: fc.double({ min: -2000, max: 2000, noNaN: true }),
      dy: fc.double({ min: -2000, max: 2000, noNaN: true }),
    })
    .map(({ scale, degrees, dx, dy }) => {
      const angle = (degrees * Math.PI) / 180;
      return { degrees, map: { a: scale * Math.cos(angle), b: scale * Math.sin(angle), dx, dy } };
    });

  it("is found wherever it lies, however large and tilted", () => {
    fc.assert(
      fc.property(placement, ({ map }) => {
        const found = align(laid(map));
        for (const key of ["a", "b", "dx", "dy"] as const) expect(found.map[key]).to.be.closeTo(map[key], 1e-6);
        expect(found.residual).to.be.lessThan(1e-9);
      }),
    );
  });

  it("has the roll at which it lies, and neither yaw nor pitch when it looks ahead", () => {
    fc.assert(
      fc.property(placement, ({ degrees, map }) => {
        const { roll, yaw, pitch } = poseOf(laid(map));
        expect(roll).to.be.closeTo(degrees, 1e-6);
        expect([yaw, pitch].map((angle) => Math.abs(angle)).every((angle) => angle < 1e-6)).to.equal(true);
      }),
    );
  });
});

describe("similarity", () => {
  it("falls with the distance from 100 to 0, and tells the distance of each value", () => {
    expect(similarityOf(0)).to.be.within(99.99, 100);
    expect(similarityOf(2)).to.be.within(0, 0.01);
    expect([distanceOf(0), distanceOf(100)]).to.deep.equal([Infinity, 0]);
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 99.9, noNaN: true }), (similarity) => {
        expect(similarityOf(distanceOf(similarity))).to.be.closeTo(similarity, 1e-6);
      }),
    );
  });
});
