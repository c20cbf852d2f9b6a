// make_workflows.mjs URL OUT: builds the shipped workflows in the real frontend and writes OUT/<name>.json and .jpg.
// Run it after a node's inputs have changed: tests/comfyui/make_workflows.py starts a ComfyUI and calls it.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { load, withPage } from "./page.mjs";
import { workflows } from "./workflows.mjs";

const [url, out] = process.argv.slice(2);

/** In the page: one workflow of workflows.mjs as a graph. */
async function build({ nodes, links, groups = [] }) {
  const { app, LiteGraph } = window;
  app.graph.clear();
  const made = {};
  for (const [id, { type, at, size, set = {}, title }] of Object.entries(nodes)) {
    const node = LiteGraph.createNode(type);
    if (!node) throw new Error(`there is no node ${type}`);
    app.graph.add(node);
    node.pos = at;
    if (title) node.title = title;
    for (const [name, value] of Object.entries(set)) {
      const widget = node.widgets.find((widget) => widget.name === name);
      if (!widget) throw new Error(`${type} has no widget ${name}`);
      widget.value = value;
    }
    const least = node.computeSize();
    node.setSize([Math.max(size?.[0] ?? 0, least[0]), Math.max(size?.[1] ?? 0, least[1])]);
    made[id] = node;
  }
  for (const link of links) {
    const [from, output, to, input] = link.split(/[.>]/).map((part) => part.trim());
    const out = made[from].outputs.findIndex((slot) => slot.name === output);
    const into = made[to].inputs.findIndex((slot) => slot.name === input);
    if (out < 0 || into < 0 || !made[from].connect(out, made[to], into)) throw new Error(`can't link ${link}`);
  }
  for (const { title, box, color } of groups) {
    const group = new LiteGraph.LGraphGroup(title);
    [group.pos, group.size, group.color] = [box.slice(0, 2), box.slice(2), color];
    app.graph.add(group);
  }
  return app.graph.serialize();
}

/** Zoom and move so that all nodes fill the view. */
async function fit(page) {
  await page.evaluate(() => {
    const { app } = window;
    const canvas = app.canvas;
    const boxes = app.graph.nodes.map((node) => node.getBounding());
    const left = Math.min(...boxes.map((box) => box[0]));
    const top = Math.min(...boxes.map((box) => box[1]));
    const right = Math.max(...boxes.map((box) => box[0] + box[2]));
    const bottom = Math.max(...boxes.map((box) => box[1] + box[3]));
    const view = canvas.canvas.getBoundingClientRect();
    const [room, edge] = [{ width: view.width - 140, height: view.height - 150 }, { x: 100, y: 90 }];
    const scale = Math.min(room.width / (right - left), room.height / (bottom - top), 1.2);
    canvas.ds.scale = scale;
    canvas.ds.offset = [
      (edge.x + (room.width - scale * (right - left)) / 2) / scale - left,
      (edge.y + (room.height - scale * (bottom - top)) / 2) / scale - top,
    ];
    canvas.setDirty(true, true);
  });
  await page.waitForTimeout(1500);
}

await withPage(
  url,
  async (page) => {
    for (const [name, workflow] of Object.entries(workflows)) {
      const graph = await page.evaluate(build, workflow);
      writeFileSync(join(out, `${name}.json`), `${JSON.stringify(graph, null, 1)}\n`);
      await load(page, graph);
      await fit(page);
      await page.screenshot({ path: join(out, `${name}.jpg`), type: "jpeg", quality: 82 });
    }
  },
  { width: 1760, height: 990 },
);
