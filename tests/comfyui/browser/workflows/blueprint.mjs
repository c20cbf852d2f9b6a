// The full chain as one node that can be opened and changed: ComfyUI lists the subgraphs of packs as blueprints.

import { NEGATIVE, PROMPT, graph, node } from "./graph.mjs";

export const blueprint = {
  name: "V2A Video to Soundtrack",
  description: "A video to the same video with its sound, by all stages of the chain; open it to change them.",
  aliases: ["foley", "sound effects", "soundtrack", "video to audio", "mmaudio"],
  chain: graph({
    model: node("V2ALoadModel", [0, 0]),
    encode: node("V2AEncodeVideo", [390, 0]),
    prompt: node("V2APrompt", [390, 230], { prompt: PROMPT, negative_prompt: NEGATIVE }),
    condition: node("V2ACondition", [790, 0]),
    sampler: node("V2ASampler", [790, 230]),
    decode: node("V2ADecodeAudio", [1160, 0]),
    mux: node("V2AMuxVideo", [1160, 140]),
  }),
  // What is set from outside: its name there, and the inputs inside that it goes to.
  inputs: {
    video: ["V2AEncodeVideo.video", "V2AMuxVideo.video"],
    prompt: ["V2APrompt.prompt"],
    negative_prompt: ["V2APrompt.negative_prompt"],
    model: ["V2ALoadModel.model"],
    seed: ["V2ASampler.seed"],
    steps: ["V2ASampler.steps"],
    cfg: ["V2ASampler.cfg"],
    video_cfg: ["V2ASampler.video_cfg"],
    mode: ["V2AMuxVideo.mode"],
  },
  outputs: { video: "V2AMuxVideo.video", audio: "V2ADecodeAudio.audio" },
};
