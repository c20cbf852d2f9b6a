// make_workflows.mjs URL OUT RUN [NAME...]: builds the shipped workflows, or those named, in the real frontend and writes
// OUT/<name>.json and .jpg; where RUN is "run", those that are free are run first, so that their pictures show results.
// Run it after a node's inputs have changed: tests/comfyui/make_workflows.py starts a ComfyUI and calls it.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { build, fit } from "./build.mjs";
import { load, withPage } from "./page.mjs";
import { free, workflows } from "./workflows.mjs";
import { about } from "./workflows/about.mjs";

const [url, out, rendered, ...names] = process.argv.slice(2);

// By a model's name: its files as the frontend's dialog of missing ones takes them.
const files = JSON.parse(process.env.V2A_MODEL_FILES);

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
      if (!about[name]) throw new Error(`about.mjs says nothing of ${name}`);
      const graph = await page.evaluate(build, { ...workflow, about: about[name] });
      const chosen = new Set(Object.values(workflow.nodes).map(({ set }) => set?.model));
      const models = [...chosen].flatMap((model) => files[model] ?? []);
      // Without a view of its own the frontend fits a graph to the window that it is opened in.
      const { ds, ...extra } = graph.extra ?? {};
      const written = { ...graph, extra, ...(models.length ? { models } : {}) };
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
