// make_pictures.mjs URL OUT: draws each node of the pack as the frontend shows it, set as the workflows have it, to
// OUT/<its id>.png.

import { join } from "node:path";
import { build, fit } from "./build.mjs";
import { withPage } from "./page.mjs";
import { node } from "./workflows/graph.mjs";

const [url, out] = process.argv.slice(2);
const EDGE = 24;

await withPage(url, async (page) => {
  const names = await page.evaluate(() =>
    Object.keys(window.LiteGraph.registered_node_types).filter((name) => name.startsWith("V2A")),
  );
  for (const name of names) {
    await page.evaluate(build, { nodes: { it: node(name, [0, 0]) }, links: [] });
    const { x, y, width, height } = await fit(page, 1);
    const clip = { x: x - EDGE, y: y - EDGE, width: width + 2 * EDGE, height: height + 2 * EDGE };
    await page.screenshot({ path: join(out, `${name}.png`), clip });
  }
});
