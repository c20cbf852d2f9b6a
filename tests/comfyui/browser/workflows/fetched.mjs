// With weights that are fetched, a service that is paid for, or clips of the user's own.

import { NEGATIVE, graph, node } from "./graph.mjs";
import { quickStart } from "./new_sound.mjs";

const MMAUDIO = "mmaudio_large_44k_v2";
const FOLEY = "hunyuan_foley_xl";
// What the models' authors use.
const MMAUDIO_SAMPLING = { steps: 25, cfg: 4.5 };
const FOLEY_SAMPLING = { steps: 50, cfg: 4.5 };
const FOLEY_NEGATIVE = "noisy, harsh";
const PROMPT = "birds chirping, rustling leaves, soft footsteps on grass";

/** Two candidates of a sound for a prompt alone. */
const textOnly = (model, negative_prompt, sampling) =>
  graph(
    {
      model: node("V2ALoadModel", [0, 0], { model }),
      prompt: node("V2APrompt", [0, 210], { prompt: "footsteps on gravel, slow, close", negative_prompt }),
      condition: node("V2ACondition", [400, 0], { seconds: 8 }),
      batch: node("RepeatLatentBatch", [400, 270], { amount: 2 }, { title: "Candidates" }),
      sampler: node("V2ASampler", [750, 0], sampling),
      decode: node("V2ADecodeAudio", [1120, 0]),
      save: node("SaveAudio", [1120, 140], {}, { size: [330, 140] }),
    },
    ["condition.latent > batch.samples", "batch.LATENT > sampler.latent", "decode.audio > save.audio"],
  );

export const fetched = {
  mmaudio_quick_start: quickStart({ model: MMAUDIO, prompt: PROMPT, ...MMAUDIO_SAMPLING }),

  hunyuan_foley_quick_start: quickStart({
    model: FOLEY,
    prompt: PROMPT,
    negative_prompt: FOLEY_NEGATIVE,
    ...FOLEY_SAMPLING,
  }),

  text_only_foley: textOnly(MMAUDIO, NEGATIVE, MMAUDIO_SAMPLING),

  hunyuan_foley_text_only: textOnly(FOLEY, FOLEY_NEGATIVE, FOLEY_SAMPLING),

  replace_kijais_graph: graph(
    {
      model: node("V2ALoadModel", [20, 50], { model: MMAUDIO }),
      load: node("V2ALoadVideo", [20, 290]),
      encode: node("V2AEncodeVideo", [420, 50]),
      prompt: node("V2APrompt", [420, 280], { prompt: PROMPT }),
      condition: node("V2ACondition", [820, 50]),
      sampler: node("V2ASampler", [820, 320], MMAUDIO_SAMPLING),
      decode: node("V2ADecodeAudio", [1170, 50]),
      mux: node("V2AMuxVideo", [1520, 50]),
      save: node("SaveVideo", [1520, 250]),
    },
    [],
    [
      { title: "was 3 MMAudio loaders", box: [0, -40, 360, 240], color: "#3f789e" },
      { title: "was VHS Load Video", box: [0, 210, 360, 430], color: "#8a8" },
      { title: "was MMAudioSampler", box: [400, -40, 1090, 720], color: "#a1309b" },
      { title: "was VHS Video Combine", box: [1500, -40, 370, 640], color: "#b58b2a" },
    ],
  ),

  after_veo3: graph(
    {
      veo: node(
        "Veo3VideoGenerationNode",
        [0, 0],
        {
          prompt: "A blacksmith hammers a glowing horseshoe on an anvil, close up",
          generate_audio: false,
          control_after_generate: "fixed",
        },
        { size: [400, 420] },
      ),
      make: node("V2AVideoToAudio", [460, 0], { prompt: "a hammer striking an anvil, fire crackling" }),
      save: node("SaveVideo", [920, 0]),
    },
    ["veo.VIDEO > make.video", "make.video > save.video"],
  ),

  train_lora: graph(
    {
      clips: node("V2ATrainDataset", [0, 0], { folder: "my_clips" }, { size: [330, 250] }),
      model: node("V2ALoadModel", [0, 330], { model: "mini" }),
      train: node("V2ATrainLoRA", [400, 0], { name: "my_lora" }, { size: [360, 560] }),
      load: node("V2ALoadVideo", [830, 0]),
      encode: node("V2AEncodeVideo", [1210, 0]),
      prompt: node("V2APrompt", [830, 410], { prompt: "say it as in the captions", negative_prompt: "" }),
      condition: node("V2ACondition", [1210, 230]),
      sampler: node("V2ASampler", [1600, 0]),
      decode: node("V2ADecodeAudio", [1600, 470]),
      mux: node("V2AMuxVideo", [1960, 0]),
      save: node("SaveVideo", [1960, 200]),
    },
    [
      "clips.dataset > train.dataset",
      "model.model > train.model",
      "model.encoders > train.encoders",
      "model.vae > train.vae",
      "train.model > sampler.model",
    ],
    [
      { title: "Train once", box: [-20, -80, 800, 680], color: "#3f789e" },
      { title: "Listen to it", box: [810, -80, 1500, 820], color: "#8a8" },
    ],
  ),
};
