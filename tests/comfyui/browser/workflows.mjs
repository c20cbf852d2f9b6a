// The shipped workflows, in workflows/: nodes by a name of their own, and of the links "node.output > node.input" those
// that are not between stages as usual.

import { fetched } from "./workflows/fetched.mjs";
import { newSound } from "./workflows/new_sound.mjs";
import { oldSound } from "./workflows/old_sound.mjs";

/** These run with what ships: they need no API key and no weights that are fetched. */
export const free = { ...newSound, ...oldSound };

export const workflows = { ...free, ...fetched };
