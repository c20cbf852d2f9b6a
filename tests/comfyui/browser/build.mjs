// Graphs put together in the page of a real frontend, and the view over them.

/** In the page: one workflow of workflows.mjs as a graph, under a note with the line about it. */
export function build({ nodes, links, groups = [], about }) {
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
  if (about) {
    const corners = [...Object.values(nodes).map(({ at }) => at), ...groups.map(({ box }) => box)];
    const note = LiteGraph.createNode("MarkdownNote");
    note.title = "About";
    note.widgets[0].value = about;
    app.graph.add(note);
    note.setSize([400, 100]);
    note.pos = [Math.min(...corners.map(([x]) => x)), Math.min(...corners.map(([, y]) => y)) - 160];
  }
  return app.graph.serialize();
}

/** Zoom so that all nodes fill the view between the frontend's bars; returns their box on the page. */
export async function fit(page, most = 1.2) {
  const box = await page.evaluate((most) => {
    const { app } = window;
    app.canvas.draw(true, true); // nodes learn their boxes
    const boxes = app.graph.nodes.map((node) => node.getBounding());
    boxes.push(...app.graph.groups.map((group) => [...group.pos, ...group.size]));
    const left = Math.min(...boxes.map((box) => box[0]));
    const top = Math.min(...boxes.map((box) => box[1]));
    const wide = Math.max(...boxes.map((box) => box[0] + box[2])) - left;
    const high = Math.max(...boxes.map((box) => box[1] + box[3])) - top;
    const view = app.canvas.canvas.getBoundingClientRect();
    const room = { x: 90, y: 160, width: view.width - 120, height: view.height - 250 };
    const scale = Math.min(room.width / wide, room.height / high, most);
    app.canvas.ds.scale = scale;
    app.canvas.ds.offset = [room.x / scale - left, room.y / scale - top];
    app.canvas.setDirty(true, true);
    return { x: view.x + room.x, y: view.y + room.y, width: wide * scale, height: high * scale };
  }, most);
  await page.waitForTimeout(1500);
  return box;
}
