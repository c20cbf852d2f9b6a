// make_workflows.mjs URL OUT RUN [NAME...]: builds the shipped workflows, or those named, in the real frontend and writes
// OUT/<name>.json and .jpg; where RUN is "run", those that are free are run first, so that their pictures show results.
// Run it after a node's inputs have changed: tests/comfyui/make_workflows.py starts a ComfyUI and calls it.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { load, withPage } from "./page.mjs";
import { free, workflows } from "./workflows.mjs";

const [url, out, rendered, ...names] = process.argv.slice(2);

// By a model's name: its files as the frontend's dialog of missing ones takes them.
const files = JSON.parse(process.env.V2A_MODEL_FILES);

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

/** Zoom so that all nodes fill the view between the frontend's bars; returns their box on the page. */
async function fit(page) {
  const box = await page.evaluate(() => {
    const { app } = window;
    const boxes = app.graph.nodes.map((node) => node.getBounding());
    boxes.push(...app.graph.groups.map((group) => [...group.pos, ...group.size]));
    const left = Math.min(...boxes.map((box) => box[0]));
    const top = Math.min(...boxes.map((box) => box[1]));
    const wide = Math.max(...boxes.map((box) => box[0] + box[2])) - left;
    const high = Math.max(...boxes.map((box) => box[1] + box[3])) - top;
    const view = app.canvas.canvas.getBoundingClientRect();
    const room = { x: 90, y: 160, width: view.width - 120, height: view.height - 250 };
    const scale = Math.min(room.width / wide, room.height / high, 1.2);
    app.canvas.ds.scale = scale;
    app.canvas.ds.offset = [room.x / scale - left, room.y / scale - top];
    app.canvas.setDirty(true, true);
    return { x: view.x + room.x, y: view.y + room.y, width: wide * scale, height: high * scale };
  });
  await page.waitForTimeout(1500);
  return box;
}

/** In the page: whether a graph runs or waits. */
async function busy() {
  const { queue_running, queue_pending } = await (await fetch("/queue")).json();
  return queue_running.length + queue_pending.length > 0;
}

/** Queue the graph as the Run button does, and wait until it is done. */
async function run(page) {
  await page.evaluate(() => window.app.queuePrompt(0));
  await page.waitForTimeout(1000);
  const deadline = Date.now() + 300_000;
  while (await page.evaluate(busy)) {
    if (Date.now() > deadline) throw new Error("it did not end within five minutes");
    await page.waitForTimeout(500);
  }
  await page.waitForTimeout(3000);
  const said = await page.locator(".p-dialog:visible").allInnerTexts();
  if (said.length) throw new Error(`it did not run: ${said}`);
  // A note that the frontend lays over the graph for a while.
  await page.getByText(/jobs? completed/).waitFor({ state: "hidden", timeout: 60_000 });
}

await withPage(
  url,
  async (page) => {
    for (const [name, workflow] of Object.entries(workflows)) {
      if (names.length && !names.includes(name)) continue;
      const graph = await page.evaluate(build, workflow);
      const chosen = new Set(Object.values(workflow.nodes).map(({ set }) => set?.model));
      const models = [...chosen].flatMap((model) => files[model] ?? []);
      const written = models.length ? { ...graph, models } : graph;
      writeFileSync(join(out, `${name}.json`), `${JSON.stringify(written, null, 1)}\n`);
      await load(page, graph);
      await fit(page);
      if (rendered === "run" && name in free) await run(page);
      const box = await fit(page);
      const edge = 24;
      const clip = { x: box.x - edge, y: box.y - edge, width: box.width + 2 * edge, height: box.height + 2 * edge };
      await page.screenshot({ path: join(out, `${name}.jpg`), type: "jpeg", quality: 82, clip });
    }
  },
  { width: 1760, height: 990 },
);
