// ComfyUI's own frontend in Chromium, ready to load graphs.

import { createRequire } from "node:module";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const { chromium } = createRequire(join(process.env.V2A_NODE_MODULES, "_"))("playwright-core");

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

// The frontend is up in 5 s; on cores that are busy it has taken a minute.
const PATIENCE_MS = 180_000;

/** Open the frontend at url in a browser of a language, hand its page to work, and close everything again. */
export async function withPage(url, work, viewport = { width: 1600, height: 900 }, language = "en-US") {
  const profile = mkdtempSync(join(tmpdir(), "v2a-chromium-"));
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: "/usr/bin/chromium",
    headless: true,
    args: FLAGS,
    viewport,
    locale: language,
  });
  try {
    const page = browser.pages()[0] ?? (await browser.newPage());
    await page.goto(url, { waitUntil: "domcontentloaded", timeout: PATIENCE_MS });
    await page.waitForFunction(
      () => window.app?.graph && Object.keys(window.LiteGraph?.registered_node_types ?? {}).length > 300,
      null,
      { timeout: PATIENCE_MS },
    );
    await page.waitForTimeout(1000);
    return await work(page);
  } finally {
    await browser.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

/** Load a graph; returns the types that are missing and the links that did not survive. */
export async function load(page, graph) {
  return await page.evaluate(async (graph) => {
    await window.app.loadGraphData(structuredClone(graph));
    const missing = graph.nodes.filter(
      (node) => !["MarkdownNote", "Note"].includes(node.type) && !window.LiteGraph.registered_node_types[node.type],
    );
    const loaded = window.app.graph.serialize();
    return { missing: missing.map((node) => node.type), lost: graph.links.length - loaded.links.length };
  }, graph);
}
