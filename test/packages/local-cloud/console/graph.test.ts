import { expect } from "chai";
import fc from "fast-check";
import { machine } from "../../../../handlers/machine";
import type { Definition, State } from "../../../../packages/local-cloud/services/states";
import { draw, pathOf } from "../../../../packages/local-cloud/console/graph/draw";
import { layOut, type Layout, type PlacedNode } from "../../../../packages/local-cloud/console/graph/layout";
import { readGraph, type Graph } from "../../../../packages/local-cloud/console/graph/model";
import { inOrder } from "../../../../packages/local-cloud/console/graph/positions";

const flow = machine as unknown as Definition;

function middleOf(layout: Layout, name: string): { readonly x: number; readonly y: number } {
  const node = layout.nodes.find((placed) => placed.node.name === name);
  if (!node) throw new Error(`${name} is not placed`);
  return { x: node.x + node.width / 2, y: node.y + node.height / 2 };
}

function stateNames(definition: Definition): string[] {
  return Object.entries(definition.States).flatMap(([name, state]) => [
    name,
    ...(state.Type === "Parallel" ? state.Branches.flatMap(stateNames) : []),
  ]);
}

function allEdges(graph: Graph): string[] {
  return [
    ...graph.edges.map(({ from, to }) => `${from} → ${to}`),
    ...graph.nodes.flatMap(({ branches }) => branches.flatMap(allEdges)),
  ];
}

/** A box holds its branches; no two others may touch. */
function overlaps(a: PlacedNode, b: PlacedNode): boolean {
  if (a.node.branches.length > 0 || b.node.branches.length > 0) return false;
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

function expectSound(definition: Definition): void {
  const graph = readGraph(definition);
  const layout = layOut(graph);
  expect(layout.nodes.map(({ node }) => node.name)).to.have.members(stateNames(definition));
  expect(layout.edges.map(({ edge }) => `${edge.from} → ${edge.to}`)).to.have.members(allEdges(graph));
  for (const [i, a] of layout.nodes.entries()) {
    expect(a.x, `${a.node.name} from the left`).to.be.at.least(0);
    expect(a.x + a.width).to.be.at.most(layout.width);
    expect(a.y + a.height).to.be.at.most(layout.height);
    for (const b of layout.nodes.slice(i + 1)) {
      expect(overlaps(a, b), `${a.node.name} on ${b.node.name}`).to.equal(false);
    }
  }
  for (const { edge, points } of layout.edges) {
    const path = pathOf(points);
    expect(path, `${edge.from} → ${edge.to}`).to.match(/^M-?[\d.]+ -?[\d.]+[LCQ]/);
    expect(path).not.to.match(/NaN|undefined|Infinity/);
    const end = points.at(-1);
    const target = layout.nodes.find(({ node }) => node.name === edge.to);
    if (!end || !target || edge.from === edge.to) continue;
    const isOnBorder =
      end.x >= target.x - 1 &&
      end.x <= target.x + target.width + 1 &&
      end.y >= target.y - 1 &&
      end.y <= target.y + target.height + 1;
    expect(isOnBorder, `${edge.from} → ${edge.to} ends at its target`).to.equal(true);
  }
}

/** Machines of up to twelve states with any transitions between them: forks, cycles, catches, unreachable states. */
const machines: fc.Arbitrary<Definition> = fc
  .integer({ min: 1, max: 12 })
  .chain((size) => {
    const target = fc.integer({ min: 0, max: size - 1 }).map((i) => `S${i}`);
    const state: fc.Arbitrary<State> = fc.oneof(
      fc.record({ Next: target, errors: fc.array(target, { maxLength: 3 }) }).map(({ Next, errors }): State => ({
        Type: "Task",
        Resource: "arn:aws:lambda:eu-west-1:000000000000:function:f",
        Next,
        Catch: errors.map((to) => ({ ErrorEquals: ["States.ALL"], Next: to })),
      })),
      fc.array(target, { minLength: 1, maxLength: 4 }).map((nexts): State => ({
        Type: "Choice",
        Choices: nexts.map((Next) => ({ Variable: "$.a", StringEquals: Next, Next })),
      })),
      fc.constant<State>({ Type: "Succeed" }),
      target.map((Next): State => ({
        Type: "Parallel",
        Next,
        Branches: [{ StartAt: "Inner", States: { Inner: { Type: "Pass", End: true } } }],
      })),
    );
    return fc.array(state, { minLength: size, maxLength: size });
  })
  .map((states) => {
    // State names are unique in the whole machine, including those in branches.
    const named = states.map((state, i): State =>
      state.Type === "Parallel"
        ? { ...state, Branches: [{ StartAt: `I${i}`, States: { [`I${i}`]: { Type: "Pass", End: true } } }] }
        : state,
    );
    return { StartAt: "S0", States: Object.fromEntries(named.map((state, i) => [`S${i}`, state])) };
  });

describe("The drawing of a state machine", () => {
  it("has every state and every way of the flow, none on another", () => expectSound(flow));

  it("puts the way of an accepted photo on one straight line, downwards", () => {
    const layout = layOut(readGraph(flow));
    const way = ["ReceivePhoto", "IsClaimed", "CheckFormat", "DetectFace", "CheckDuplicate", "Process", "IsProcessed"];
    way.push("SaveMetadata", "DeleteOriginal", "NotifySuccess", "Accepted");
    const middles = way.map((name) => middleOf(layout, name));
    expect(new Set(middles.map(({ x }) => Math.round(x)))).to.have.length(1);
    expect(middles.map(({ y }) => y)).to.deep.equal(middles.map(({ y }) => y).sort((a, b) => a - b));
  });

  it("sets what follows an error apart, beside the way of an accepted photo", () => {
    const layout = layOut(readGraph(flow));
    for (const name of ["Undo", "NotifyFailure", "Outcome", "Rejected", "AlreadyHandled", "Failed"]) {
      expect(middleOf(layout, name).x, name).to.be.above(middleOf(layout, "Accepted").x);
    }
  });

  it("shows the branches of a Parallel inside its box", () => {
    const layout = layOut(readGraph(flow));
    const box = layout.nodes.find(({ node }) => node.name === "Process");
    if (!box) throw new Error("Process is not placed");
    for (const name of ["CreateThumbnail", "ThumbnailNotCreated", "IndexFace", "FaceNotIndexed"]) {
      const { x, y } = middleOf(layout, name);
      expect(x, name).to.be.within(box.x, box.x + box.width);
      expect(y, name).to.be.within(box.y, box.y + box.height);
    }
  });

  it("names a Choice's ways, and tells all of their conditions", () => {
    const { edges } = readGraph(flow);
    const of = (to: string) => edges.find((edge) => edge.from === "IsClaimed" && edge.to === to);
    expect(of("CheckFormat")).to.include({ label: "claimed", title: '$.claim StringEquals "claimed"' });
    expect(of("AlreadyHandled")).to.include({ label: "else" });
    expect(edges.find(({ from, to }) => from === "IsProcessed" && to === "Undo")?.title).to.contain(" or ");
  });

  it("writes no Choice's way under a state", () => {
    const layout = layOut(readGraph(flow));
    for (const { edge, label } of layout.edges) {
      if (!label) continue;
      const breadth = label.text.length * 6;
      const left = label.anchor === "start" ? label.x : label.x - breadth;
      const covering = layout.nodes.filter(
        ({ node, x, y, width, height }) =>
          node.branches.length === 0 && x < left + breadth && x + width > left && y < label.y && y + height > label.y,
      );
      expect(
        covering.map(({ node }) => node.name),
        `${edge.from} → ${edge.to}`,
      ).to.deep.equal([]);
    }
  });

  it("is sound for any machine, also one that goes in circles", () => {
    fc.assert(fc.property(machines, expectSound), { numRuns: 300 });
  });

  it("escapes the names of states", () => {
    const States = { "<script>&": { Type: "Succeed" } as const };
    const layout = layOut(readGraph({ StartAt: "<script>&", States }));
    const { text } = draw({ id: "a", layout, title: "t", lights: new Map(), ways: new Set() });
    expect(text).to.contain("&lt;script&gt;&amp;").and.not.to.contain("<script>");
  });
});

describe("The nearest numbers in order", () => {
  const wish = fc.record({
    at: fc.double({ min: -1000, max: 1000, noNaN: true }),
    weight: fc.double({ min: 0.1, max: 10, noNaN: true }),
  });

  it("are in order, and no worse than any shift of them", () => {
    fc.assert(
      fc.property(fc.array(wish, { minLength: 1, maxLength: 12 }), (wishes) => {
        const found = inOrder(wishes);
        const cost = (values: readonly number[]): number =>
          values.reduce((sum, value, i) => sum + (wishes[i]?.weight ?? 0) * (value - (wishes[i]?.at ?? 0)) ** 2, 0);
        expect(found).to.have.length(wishes.length);
        found.slice(1).forEach((value, i) => expect(value).to.be.at.least((found[i] ?? 0) - 1e-9));
        const sorted = wishes.map(({ at }) => at).sort((a, b) => a - b);
        expect(cost(found)).to.be.at.most(cost(sorted) + 1e-6);
        for (const shift of [-0.5, 0.5]) {
          expect(cost(found)).to.be.at.most(cost(found.map((value) => value + shift)) + 1e-6);
        }
      }),
    );
  });
});
