// show_help.mjs URL OUT: opens the help page of each node of the pack and writes OUT/help.json with
// {node: {title, picture, width}}: its heading, and the address and the pixels across of its picture as loaded.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { withPage } from "./page.mjs";
import { withStores } from "./stores.mjs";

const [url, out] = process.argv.slice(2);

async function read() {
  const help = window.store("nodeHelp");
  const nodes = window.store("nodeDef").nodeDefsByName;
  const found = {};
  const soon = () => new Promise((done) => setTimeout(done, 20));
  for (const name of Object.keys(nodes).filter((name) => name.startsWith("V2A"))) {
    help.closeHelp();
    await soon();
    help.openHelp(nodes[name]);
    while (!help.renderedHelpHtml) await soon();
    const page = new DOMParser().parseFromString(help.renderedHelpHtml, "text/html");
    const picture = new Image();
    picture.src = page.querySelector("img").getAttribute("src");
    await picture.decode();
    found[name] = {
      title: page.querySelector("h1").textContent,
      picture: new URL(picture.src).pathname,
      width: picture.naturalWidth,
    };
  }
  return found;
}

const found = await withPage(url, async (page) => {
  await withStores(page);
  return page.evaluate(read);
});
writeFileSync(join(out, "help.json"), JSON.stringify(found));
