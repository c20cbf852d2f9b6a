// open_workflows.mjs URL OUT FILE...: loads each workflow in the real frontend and writes OUT/<name>.json with
// {missing, lost, dialogs, prompt}: the prompt is what the Run button would queue.

import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { load, withPage } from "./page.mjs";

const [url, out, ...files] = process.argv.slice(2);

await withPage(url, async (page) => {
  for (const file of files) {
    const found = await load(page, JSON.parse(readFileSync(file, "utf8")));
    await page.waitForTimeout(500);
    const dialogs = await page.locator(".p-dialog:visible").allInnerTexts();
    const prompt = await page.evaluate(async () => (await window.app.graphToPrompt()).output);
    writeFileSync(join(out, basename(file)), JSON.stringify({ ...found, dialogs, prompt }));
    for (let open = dialogs.length; open > 0; open--) await page.keyboard.press("Escape");
    // One that is still closing would take the next one with it.
    await page.waitForFunction(() => !document.querySelector(".p-dialog"));
  }
});
