// read_names.mjs URL OUT LANGUAGE: opens the frontend in a browser of a language such as ja-JP and writes OUT/names.json
// with {node: {title, inputs: {name: label}, outputs: [label]}} of the pack's nodes.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { withPage } from "./page.mjs";

const [url, out, language] = process.argv.slice(2);

const read = () => {
  const names = Object.keys(window.LiteGraph.registered_node_types).filter((name) => name.startsWith("V2A"));
  return names.map((name) => {
    const node = window.LiteGraph.createNode(name);
    const widgets = (node.widgets ?? []).map((widget) => [widget.name, widget.label]);
    const sockets = node.inputs.map((input) => [input.name, input.localized_name]);
    const outputs = node.outputs.map((output) => output.localized_name);
    return [name, { title: node.title, inputs: Object.fromEntries([...widgets, ...sockets]), outputs }];
  });
};

const found = await withPage(url, (page) => page.evaluate(read), undefined, language);
writeFileSync(join(out, "names.json"), JSON.stringify(Object.fromEntries(found)));
