// add_blueprint.mjs URL OUT NAME FILE SET: puts a blueprint between V2A Load Video, with a file, and Save Video, as the
// node library does; SET is {widget: value} of it, as JSON. Writes OUT/blueprint.json with {about, widgets, dialogs,
// prompt}.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { withPage } from "./page.mjs";
import { withStores } from "./stores.mjs";

const [url, out, name, file, set] = process.argv.slice(2);

function add([name, file, set]) {
  const { app, LiteGraph } = window;
  const blueprints = window.store("subgraph");
  const { name: type, description } = blueprints.subgraphBlueprints.find((one) => one.display_name === name);
  const { nodes, definitions } = blueprints.getBlueprint(type);
  app.graph.clear();
  app.canvas._deserializeItems({ nodes, subgraphs: definitions.subgraphs }, { position: [400, 0] });
  const [made] = app.graph.nodes;
  const widgets = made.widgets.map((widget) => widget.name);
  for (const [name, value] of Object.entries(set)) made.widgets.find((widget) => widget.name === name).value = value;
  const [video, save] = ["V2ALoadVideo", "SaveVideo"].map((type) => LiteGraph.createNode(type));
  for (const one of [video, save]) app.graph.add(one);
  video.widgets.find((widget) => widget.name === "file").value = file;
  video.connect(0, made, made.inputs.findIndex((input) => input.name === "video"));
  made.connect(made.outputs.findIndex((output) => output.name === "video"), save, 0);
  return { about: description, widgets, graph: app.graph.serialize() };
}

const found = await withPage(url, async (page) => {
  await withStores(page);
  await page.waitForFunction(() => window.store("subgraph").subgraphBlueprints.length);
  const { graph, ...rest } = await page.evaluate(add, [name, file, JSON.parse(set)]);
  // Saved and opened again, as a workflow that has it.
  await page.evaluate((graph) => window.app.loadGraphData(graph), graph);
  await page.waitForTimeout(500);
  const dialogs = await page.locator(".p-dialog:visible").allInnerTexts();
  const prompt = await page.evaluate(async () => (await window.app.graphToPrompt()).output);
  return { ...rest, dialogs, prompt };
});
writeFileSync(join(out, "blueprint.json"), JSON.stringify(found));
