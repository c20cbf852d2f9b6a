// A video's sound from nothing, with what ships.

import { PROMPT, graph, node } from "./graph.mjs";

/** A video to its soundtrack in one node, with what it set. */
export const quickStart = (set) =>
  graph(
    {
      load: node("V2ALoadVideo", [0, 0]),
      make: node("V2AVideoToAudio", [370, 0], set),
      save: node("SaveVideo", [820, 0]),
      preview: node("V2ASyncPreview", [820, 360]),
      show: node("PreviewImage", [1200, 0]),
    },
    [
      "load.video > make.video",
      "make.video > save.video",
      "make.video > preview.video",
      "make.audio > preview.audio",
      "preview.image > show.images",
    ],
  );

export const newSound = {
  mini_quick_start: quickStart({ negative_prompt: "" }),

  full_graph: graph(
    {
      load: node("V2ALoadVideo", [0, 0]),
      model: node("V2ALoadModel", [0, 390]),
      encode: node("V2AEncodeVideo", [390, 0]),
      prompt: node("V2APrompt", [390, 230], { negative_prompt: "" }),
      condition: node("V2ACondition", [790, 0]),
      sampler: node("V2ASampler", [790, 230]),
      decode: node("V2ADecodeAudio", [1160, 0]),
      mux: node("V2AMuxVideo", [1160, 140]),
      preview: node("V2ASyncPreview", [1160, 330]),
      save: node("SaveVideo", [1530, 0]),
      show: node("PreviewImage", [1530, 370], {}, { size: [330, 300] }),
    },
    ["mux.video > preview.video", "decode.audio > preview.audio", "preview.image > show.images"],
  ),

  long_film: graph(
    {
      load: node("V2ALoadVideo", [20, 50], {}, { title: "A film of any length" }),
      model: node("V2ALoadModel", [20, 440]),
      encode: node("V2AEncodeVideo", [420, 50]),
      prompt: node(
        "V2APrompt",
        [420, 280],
        { prompt: "wind in the trees\n[0-0.9] heavy footsteps on grass" },
        { title: "What to hear when" },
      ),
      condition: node("V2ACondition", [820, 50]),
      sampler: node("V2ASampler", [820, 320]),
      decode: node("V2ADecodeAudio", [1200, 50]),
      mux: node("V2AMuxVideo", [1200, 200]),
      save: node("SaveVideo", [1570, 50]),
    },
    [],
    [
      { title: "seen in windows", box: [400, -40, 370, 240], color: "#3f789e" },
      { title: "made window by window", box: [800, -40, 340, 710], color: "#a1309b" },
      { title: "heard in pieces", box: [1180, -40, 340, 180], color: "#8a8" },
    ],
  ),

  silent_film: graph(
    {
      load: node("V2ALoadVideo", [0, 0], {}, { title: "A silent film at its own speed" }),
      fps: node("PrimitiveFloat", [0, 430], { value: 18 }, { title: "Frames per second" }),
      titles: node("V2AFindIntertitles", [400, 600], {}, { size: [400, 90] }),
      cards: node(
        "PreviewAny",
        [880, 430],
        {},
        { size: [400, 260], title: "Its title cards: fill in, and put in V2A Transcript" },
      ),
      make: node("V2AVideoToAudio", [400, 0], {
        prompt: "street ambience, footsteps, carts passing",
        negative_prompt: "speech",
      }),
      save: node("SaveVideo", [880, 0], {}, { size: [400, 350] }),
    },
    [
      "fps.FLOAT > load.fps",
      "load.video > make.video",
      "load.video > titles.video",
      "titles.text > cards.source",
      "make.video > save.video",
    ],
  ),

  cues_and_transcript: graph(
    {
      load: node("V2ALoadVideo", [0, 0]),
      model: node("V2ALoadModel", [0, 390], { model: "mini" }),
      encode: node("V2AEncodeVideo", [390, 0]),
      prompt: node("V2APrompt", [390, 230], {
        prompt: "wind in the trees\n[0-0.9] heavy footsteps on grass\n[1.2s] a door slams -wind",
        negative_prompt: "music",
      }),
      transcript: node("V2ATranscript", [390, 600], { text: "A HUNTER [0.3-1.4]: Quiet now." }),
      condition: node("V2ACondition", [800, 0]),
      guidance: node("V2AGuidance", [800, 270], { video_end: 0.6 }),
      sampler: node("V2ASampler", [1150, 0]),
      decode: node("V2ADecodeAudio", [1150, 470]),
      mux: node("V2AMuxVideo", [1150, 620]),
      save: node("SaveVideo", [1520, 0]),
    },
    ["transcript.transcript > condition.transcript", "guidance.guidance > sampler.guidance"],
  ),

  guidance_apart: graph(
    {
      load: node("V2ALoadVideo", [0, 0]),
      model: node("V2ALoadModel", [0, 390], { model: "mini" }),
      encode: node("V2AEncodeVideo", [390, 0]),
      prompt: node("V2APrompt", [390, 230]),
      condition: node("V2ACondition", [790, 0]),
      guidance: node(
        "V2AGuidance",
        [790, 240],
        { video_end: 0.6, negative_strength: 1.5 },
        { title: "V2A Guidance: when each acts" },
      ),
      guider: node(
        "V2AGuider",
        [1160, 0],
        { cfg: 3, video_cfg: 4 },
        { size: [300, 150], title: "V2A Guider: how strongly" },
      ),
      noise: node("RandomNoise", [1160, 240], {}, { size: [300, 90] }),
      solver: node("KSamplerSelect", [1160, 400], { sampler_name: "euler" }, { size: [300, 60] }),
      sigmas: node("BasicScheduler", [1160, 530], { scheduler: "simple", steps: 25 }, { size: [300, 110] }),
      custom: node("SamplerCustomAdvanced", [1530, 0], {}, { size: [300, 110] }),
      decode: node("V2ADecodeAudio", [1530, 190]),
      mux: node("V2AMuxVideo", [1530, 340]),
      save: node("SaveVideo", [1900, 0]),
    },
    [
      "model.model > guider.model",
      "condition.positive > guider.positive",
      "condition.negative > guider.negative",
      "guidance.guidance > guider.guidance",
      "model.model > sigmas.model",
      "noise.NOISE > custom.noise",
      "guider.guider > custom.guider",
      "solver.SAMPLER > custom.sampler",
      "sigmas.SIGMAS > custom.sigmas",
      "condition.latent > custom.latent_image",
      "custom.output > decode.latent",
    ],
  ),

  image_batch: graph(
    {
      frames: node(
        "EmptyImage",
        [0, 0],
        { width: 640, height: 352, batch_size: 48, color: 3355443 },
        { size: [300, 160], title: "Stand-in for VAE Decode" },
      ),
      fps: node("PrimitiveFloat", [0, 230], { value: 16 }, { title: "Frames per second" }),
      model: node("V2ALoadModel", [0, 360]),
      encode: node("V2AEncodeVideo", [380, 0]),
      prompt: node("V2APrompt", [380, 230], { prompt: "rain on a tin roof, wind", negative_prompt: "" }),
      condition: node("V2ACondition", [780, 0]),
      sampler: node("V2ASampler", [780, 230]),
      video: node("CreateVideo", [1150, 0], {}, { size: [300, 90] }),
      decode: node("V2ADecodeAudio", [1150, 180]),
      mux: node("V2AMuxVideo", [1150, 340]),
      save: node("SaveVideo", [1520, 0]),
    },
    [
      "frames.IMAGE > encode.images",
      "fps.FLOAT > encode.fps",
      "frames.IMAGE > video.images",
      "fps.FLOAT > video.fps",
      "video.VIDEO > mux.video",
    ],
  ),

  focus: graph(
    {
      load: node("V2ALoadVideo", [0, 0]),
      model: node("V2ALoadModel", [0, 390]),
      black: node("SolidMask", [0, 590], { value: 0, width: 640, height: 360 }, { title: "Not seen" }),
      white: node("SolidMask", [0, 770], { value: 1, width: 320, height: 360 }, { title: "Seen" }),
      mask: node(
        "MaskComposite",
        [390, 590],
        { x: 160, y: 0, operation: "add" },
        { size: [330, 150], title: "Stand-in for SAM's mask" },
      ),
      see: node("MaskPreview", [790, 620], {}, { size: [300, 290] }),
      encode: node("V2AEncodeVideo", [390, 0], {}, { title: "What is white makes the sound" }),
      prompt: node("V2APrompt", [390, 230]),
      condition: node("V2ACondition", [790, 0]),
      sampler: node("V2ASampler", [790, 230]),
      decode: node("V2ADecodeAudio", [1160, 0]),
      mux: node("V2AMuxVideo", [1160, 230]),
      save: node("SaveVideo", [1530, 0]),
    },
    ["black.MASK > mask.destination", "white.MASK > mask.source", "mask.MASK > encode.mask", "mask.MASK > see.mask"],
  ),

  variations: graph(
    {
      load: node("V2ALoadVideo", [0, 0]),
      model: node("V2ALoadModel", [0, 390]),
      encode: node("V2AEncodeVideo", [390, 0]),
      prompt: node("V2APrompt", [390, 230]),
      condition: node("V2ACondition", [790, 0]),
      batch: node("RepeatLatentBatch", [790, 230], { amount: 4 }, { title: "Four takes" }),
      sampler: node("V2ASampler", [790, 370]),
      decode: node("V2ADecodeAudio", [1160, 0]),
      pick: node("V2AVariations", [1160, 150], { prompt: PROMPT }, { size: [330, 200] }),
      scores: node("PreviewAny", [1160, 430], {}, { size: [700, 270], title: "Scores, best first" }),
      mux: node("V2AMuxVideo", [1560, 0]),
      save: node("SaveVideo", [1930, 0]),
    },
    [
      "condition.latent > batch.samples",
      "batch.LATENT > sampler.latent",
      "decode.audio > pick.audio",
      "load.video > pick.video",
      "pick.scores > scores.source",
      "pick.best > mux.audio",
    ],
  ),
};
