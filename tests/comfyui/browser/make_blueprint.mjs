// make_blueprint.mjs URL OUT: folds the chain of workflows/blueprint.mjs into a subgraph in the real frontend and writes
// OUT/<its name>.json as the frontend publishes a blueprint.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "./build.mjs";
import { withPage } from "./page.mjs";
import { blueprint } from "./workflows/blueprint.mjs";

const [url, out] = process.argv.slice(2);
// The frontend draws its ids at random; with these the file changes only where the chain does.
const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
const OURS = "5f2a7c1e-76a2-4a0d-9b0e-";

/** In the page: all that is in the graph as one subgraph node, with its ways in and out. */
function fold({ name, inputs, outputs }) {
  const { app } = window;
  const { subgraph, node } = app.graph.convertToSubgraph(new Set(app.graph.nodes));
  const inside = (end) => {
    const [type, slot] = end.split(".");
    return [subgraph.nodes.find((one) => one.type === type), slot];
  };
  for (const [label, ends] of Object.entries(inputs)) {
    let way;
    for (const end of ends) {
      const [into, slot] = inside(end);
      const input = into.inputs.find((one) => one.name === slot);
      way ??= subgraph.addInput(label, input.type);
      if (!way.connect(input, into)) throw new Error(`can't link ${end}`);
    }
  }
  for (const [label, end] of Object.entries(outputs)) {
    const [from, slot] = inside(end);
    const output = from.outputs.find((one) => one.name === slot);
    if (!subgraph.addOutput(label, output.type).connect(output, from)) throw new Error(`can't link ${end}`);
  }
  subgraph.name = node.title = name;
  // The frontend shows a seed that is inside by itself: it is among the ways in already.
  node.properties.proxyWidgets = node.properties.proxyWidgets.filter(([id]) => id === "-1");
  node.pos = [0, 0];
  node.setSize(node.computeSize());
  return app.graph.serialize();
}

await withPage(url, async (page) => {
  await page.evaluate(build, blueprint.chain);
  const graph = await page.evaluate(fold, blueprint);
  graph.definitions.subgraphs[0].description = blueprint.description;
  graph.extra = { BlueprintDescription: blueprint.description, BlueprintSearchAliases: blueprint.aliases };
  const ids = [];
  const text = JSON.stringify({ ...graph, id: undefined }, null, 1).replace(UUID, (id) => {
    if (!ids.includes(id)) ids.push(id);
    return OURS + String(ids.indexOf(id)).padStart(12, "0");
  });
  writeFileSync(join(out, `${blueprint.name}.json`), `${text}\n`);
});
