// The shipped workflows: nodes by a name of their own, and links "node.output > node.input". Those that are free run with
// what ships: they need no API key and no weights that are fetched.

const FILE = "big_buck_bunny.mp4";
const PROMPT = "birds chirping, rustling leaves, soft footsteps on grass";
const MMAUDIO = "mmaudio_large_44k_v2";
const FOLEY = "hunyuan_foley_xl";
// What the models' authors use.
const MMAUDIO_SAMPLING = { steps: 25, cfg: 4.5, control_after_generate: "fixed" };
const FOLEY_SAMPLING = { steps: 50, cfg: 4.5, control_after_generate: "fixed" };
const FOLEY_NEGATIVE = "noisy, harsh";

const save = (at) => ({ type: "SaveVideo", at, size: [330, 300], set: { filename_prefix: "video/v2a" } });

/** A video to its soundtrack in one node, with what it set. */
const quickStart = (set) => ({
  nodes: {
    load: { type: "V2ALoadVideo", at: [0, 0], size: [320, 330], set: { file: FILE } },
    make: {
      type: "V2AVideoToAudio",
      at: [370, 0],
      size: [400, 520],
      set: { prompt: PROMPT, negative_prompt: "music, speech", ...set },
    },
    save: save([820, 0]),
    preview: { type: "V2ASyncPreview", at: [820, 360], size: [330, 100] },
    show: { type: "PreviewImage", at: [1200, 0], size: [420, 460] },
  },
  links: [
    "load.video > make.video",
    "make.video > save.video",
    "make.video > preview.video",
    "make.audio > preview.audio",
    "preview.image > show.images",
  ],
});

/** Two candidates of a sound for a prompt alone. */
const textOnly = (model, negative_prompt, sampling) => ({
  nodes: {
    model: { type: "V2ALoadModel", at: [0, 0], size: [330, 130], set: { model } },
    prompt: {
      type: "V2APrompt",
      at: [0, 210],
      size: [330, 290],
      set: { prompt: "footsteps on gravel, slow, close", negative_prompt },
    },
    condition: { type: "V2ACondition", at: [400, 0], size: [280, 190], set: { seconds: 8 } },
    batch: { type: "RepeatLatentBatch", at: [400, 270], size: [280, 60], set: { amount: 2 }, title: "Candidates" },
    sampler: { type: "V2ASampler", at: [750, 0], size: [300, 330], set: sampling },
    decode: { type: "V2ADecodeAudio", at: [1120, 0], size: [260, 70] },
    save: { type: "SaveAudio", at: [1120, 140], size: [330, 140], set: { filename_prefix: "audio/v2a" } },
  },
  links: [
    "model.encoders > prompt.encoders",
    "prompt.positive > condition.positive",
    "prompt.negative > condition.negative",
    "model.model > sampler.model",
    "condition.positive > sampler.positive",
    "condition.negative > sampler.negative",
    "condition.latent > batch.samples",
    "batch.LATENT > sampler.latent",
    "model.vae > decode.vae",
    "sampler.latent > decode.latent",
    "decode.audio > save.audio",
  ],
});

/** The nodes of one stem, from its prompt to its sound; their names begin with name. */
const stem = (name, title, y, prompt) => ({
  [`${name}_prompt`]: {
    type: "V2APrompt",
    at: [390, y],
    size: [330, 260],
    set: { prompt, negative_prompt: "music, speech" },
    title,
  },
  [`${name}_condition`]: { type: "V2ACondition", at: [790, y === 230 ? 0 : 590], size: [300, 150] },
  [`${name}_sampler`]: {
    type: "V2ASampler",
    at: [790, y === 230 ? 220 : 810],
    size: [300, 290],
    set: { control_after_generate: "fixed" },
  },
  [`${name}_decode`]: { type: "V2ADecodeAudio", at: [1160, y === 230 ? 0 : 810], size: [300, 70] },
});

const stemLinks = (name) => [
  `model.encoders > ${name}_prompt.encoders`,
  `${name}_prompt.positive > ${name}_condition.positive`,
  `${name}_prompt.negative > ${name}_condition.negative`,
  `encode.features > ${name}_condition.features`,
  `model.model > ${name}_sampler.model`,
  `${name}_condition.positive > ${name}_sampler.positive`,
  `${name}_condition.negative > ${name}_sampler.negative`,
  `${name}_condition.latent > ${name}_sampler.latent`,
  `model.vae > ${name}_decode.vae`,
  `${name}_sampler.latent > ${name}_decode.latent`,
];

export const workflows = {
  mini_quick_start: { free: true, ...quickStart({ control_after_generate: "fixed" }) },

  regenerate_span: {
    free: true,
    nodes: {
      load: { type: "V2ALoadVideo", at: [0, 0], size: [320, 330], set: { file: FILE } },
      first: {
        type: "V2AVideoToAudio",
        at: [370, 0],
        size: [360, 520],
        set: { prompt: PROMPT, negative_prompt: "music, speech", control_after_generate: "fixed" },
      },
      model: { type: "V2ALoadModel", at: [0, 390], size: [320, 130] },
      watch: { type: "V2AEncodeVideo", at: [370, 600], size: [290, 150] },
      prompt: { type: "V2APrompt", at: [0, 600], size: [320, 290], set: { prompt: "heavy rain", negative_prompt: "" } },
      condition: { type: "V2ACondition", at: [800, 600], size: [280, 190] },
      known: { type: "V2AEncodeAudio", at: [800, 0], size: [280, 100] },
      keep: { type: "V2AKeepSpan", at: [800, 170], size: [280, 130], set: { start: 2, end: 4 } },
      sampler: { type: "V2ASampler", at: [1130, 0], size: [300, 390], set: { control_after_generate: "fixed", seed: 1 } },
      decode: { type: "V2ADecodeAudio", at: [1480, 0], size: [260, 70] },
      mux: { type: "V2AMuxVideo", at: [1480, 140], size: [260, 120] },
      save: save([1790, 0]),
    },
    links: [
      "load.video > first.video",
      "model.encoders > watch.encoders",
      "load.video > watch.video",
      "model.encoders > prompt.encoders",
      "prompt.positive > condition.positive",
      "prompt.negative > condition.negative",
      "watch.features > condition.features",
      "model.vae > known.vae",
      "first.audio > known.audio",
      "load.duration > known.seconds",
      "known.latent > keep.latent",
      "model.model > sampler.model",
      "condition.positive > sampler.positive",
      "condition.negative > sampler.negative",
      "keep.latent > sampler.latent",
      "model.vae > decode.vae",
      "sampler.latent > decode.latent",
      "load.video > mux.video",
      "decode.audio > mux.audio",
      "mux.video > save.video",
    ],
  },

  full_graph: {
    free: true,
    nodes: {
      load: { type: "V2ALoadVideo", at: [0, 0], size: [320, 330], set: { file: FILE } },
      model: { type: "V2ALoadModel", at: [0, 390], size: [320, 130] },
      encode: { type: "V2AEncodeVideo", at: [390, 0], size: [290, 150] },
      prompt: {
        type: "V2APrompt",
        at: [390, 230],
        size: [330, 290],
        set: { prompt: PROMPT, negative_prompt: "music, speech" },
      },
      condition: { type: "V2ACondition", at: [790, 0], size: [280, 150] },
      sampler: { type: "V2ASampler", at: [790, 230], size: [300, 290], set: { control_after_generate: "fixed" } },
      decode: { type: "V2ADecodeAudio", at: [1160, 0], size: [260, 70] },
      mux: { type: "V2AMuxVideo", at: [1160, 140], size: [260, 120] },
      preview: { type: "V2ASyncPreview", at: [1160, 330], size: [260, 100] },
      save: save([1490, 0]),
      show: { type: "PreviewImage", at: [1490, 370], size: [330, 300] },
    },
    links: [
      "model.encoders > encode.encoders",
      "load.video > encode.video",
      "model.encoders > prompt.encoders",
      "prompt.positive > condition.positive",
      "prompt.negative > condition.negative",
      "encode.features > condition.features",
      "model.model > sampler.model",
      "condition.positive > sampler.positive",
      "condition.negative > sampler.negative",
      "condition.latent > sampler.latent",
      "model.vae > decode.vae",
      "sampler.latent > decode.latent",
      "load.video > mux.video",
      "decode.audio > mux.audio",
      "mux.video > save.video",
      "mux.video > preview.video",
      "decode.audio > preview.audio",
      "preview.image > show.images",
    ],
  },

  mmaudio_quick_start: quickStart({ model: MMAUDIO, ...MMAUDIO_SAMPLING }),

  hunyuan_foley_quick_start: quickStart({ model: FOLEY, negative_prompt: FOLEY_NEGATIVE, ...FOLEY_SAMPLING }),

  text_only_foley: textOnly(MMAUDIO, "music, speech", MMAUDIO_SAMPLING),

  hunyuan_foley_text_only: textOnly(FOLEY, FOLEY_NEGATIVE, FOLEY_SAMPLING),

  replace_kijais_graph: {
    nodes: {
      model: { type: "V2ALoadModel", at: [20, 50], size: [320, 130], set: { model: MMAUDIO } },
      load: { type: "V2ALoadVideo", at: [20, 290], size: [320, 330], set: { file: FILE } },
      encode: { type: "V2AEncodeVideo", at: [420, 50], size: [290, 150] },
      prompt: {
        type: "V2APrompt",
        at: [420, 280],
        size: [330, 290],
        set: { prompt: PROMPT, negative_prompt: "music, speech" },
      },
      condition: { type: "V2ACondition", at: [820, 50], size: [280, 190] },
      sampler: { type: "V2ASampler", at: [820, 320], size: [300, 330], set: MMAUDIO_SAMPLING },
      decode: { type: "V2ADecodeAudio", at: [1170, 50], size: [260, 70] },
      mux: { type: "V2AMuxVideo", at: [1520, 50], size: [330, 120] },
      save: save([1520, 250]),
    },
    links: [
      "model.encoders > encode.encoders",
      "load.video > encode.video",
      "model.encoders > prompt.encoders",
      "prompt.positive > condition.positive",
      "prompt.negative > condition.negative",
      "encode.features > condition.features",
      "model.model > sampler.model",
      "condition.positive > sampler.positive",
      "condition.negative > sampler.negative",
      "condition.latent > sampler.latent",
      "model.vae > decode.vae",
      "sampler.latent > decode.latent",
      "load.video > mux.video",
      "decode.audio > mux.audio",
      "mux.video > save.video",
    ],
    groups: [
      { title: "was 3 MMAudio loaders", box: [0, -40, 360, 240], color: "#3f789e" },
      { title: "was VHS Load Video", box: [0, 210, 360, 430], color: "#8a8" },
      { title: "was MMAudioSampler", box: [400, -40, 1050, 720], color: "#a1309b" },
      { title: "was VHS Video Combine", box: [1500, -40, 370, 640], color: "#b58b2a" },
    ],
  },

  after_veo3: {
    nodes: {
      veo: {
        type: "Veo3VideoGenerationNode",
        at: [0, 0],
        size: [400, 420],
        set: {
          prompt: "A blacksmith hammers a glowing horseshoe on an anvil, close up",
          generate_audio: false,
          control_after_generate: "fixed",
        },
      },
      make: {
        type: "V2AVideoToAudio",
        at: [460, 0],
        size: [400, 520],
        set: {
          prompt: "a hammer striking an anvil, fire crackling",
          negative_prompt: "music, speech",
          control_after_generate: "fixed",
        },
      },
      save: save([920, 0]),
    },
    links: ["veo.VIDEO > make.video", "make.video > save.video"],
  },

  image_batch: {
    free: true,
    nodes: {
      frames: {
        type: "EmptyImage",
        at: [0, 0],
        size: [300, 160],
        set: { width: 640, height: 352, batch_size: 48, color: 3355443 },
        title: "Stand-in for VAE Decode",
      },
      fps: { type: "PrimitiveFloat", at: [0, 230], size: [300, 60], set: { value: 16 }, title: "Frames per second" },
      model: { type: "V2ALoadModel", at: [0, 360], size: [300, 130] },
      encode: { type: "V2AEncodeVideo", at: [380, 0], size: [290, 150] },
      prompt: { type: "V2APrompt", at: [380, 230], size: [330, 260], set: { prompt: "rain on a tin roof, wind" } },
      condition: { type: "V2ACondition", at: [780, 0], size: [280, 150] },
      sampler: { type: "V2ASampler", at: [780, 230], size: [300, 290], set: { control_after_generate: "fixed" } },
      video: { type: "CreateVideo", at: [1150, 0], size: [270, 90] },
      decode: { type: "V2ADecodeAudio", at: [1150, 180], size: [270, 70] },
      mux: { type: "V2AMuxVideo", at: [1150, 340], size: [270, 120] },
      save: save([1490, 0]),
    },
    links: [
      "frames.IMAGE > encode.images",
      "fps.FLOAT > encode.fps",
      "model.encoders > encode.encoders",
      "model.encoders > prompt.encoders",
      "prompt.positive > condition.positive",
      "prompt.negative > condition.negative",
      "encode.features > condition.features",
      "model.model > sampler.model",
      "condition.positive > sampler.positive",
      "condition.negative > sampler.negative",
      "condition.latent > sampler.latent",
      "frames.IMAGE > video.images",
      "fps.FLOAT > video.fps",
      "model.vae > decode.vae",
      "sampler.latent > decode.latent",
      "video.VIDEO > mux.video",
      "decode.audio > mux.audio",
      "mux.video > save.video",
    ],
  },

  stems: {
    free: true,
    nodes: {
      load: { type: "V2ALoadVideo", at: [0, 0], size: [320, 330], set: { file: FILE } },
      model: { type: "V2ALoadModel", at: [0, 390], size: [320, 130] },
      encode: { type: "V2AEncodeVideo", at: [390, 0], size: [330, 150], title: "Watched once" },
      ...stem("sfx", "Effects", 230, "soft footsteps on grass"),
      ...stem("air", "Ambience", 570, "birds chirping, rustling leaves"),
      music: { type: "EmptyAudio", at: [1160, 230], size: [300, 110], set: { duration: 1 }, title: "Stand-in for music" },
      speech: {
        type: "EmptyAudio",
        at: [1160, 420],
        size: [300, 110],
        set: { duration: 1 },
        title: "Stand-in for a text-to-speech node",
      },
      mix: {
        type: "V2AMixAudio",
        at: [1530, 0],
        size: [320, 640],
        set: { loudness: "-16 LUFS", gain_2: -6, gain_3: -9, speech: "audio_4", moving: "audio_1", path: "0: -0.6, 4: 0.6" },
      },
      report: { type: "PreviewAny", at: [1920, 450], size: [330, 120] },
      mux: { type: "V2AMuxVideo", at: [1920, 0], size: [330, 120] },
      save: { ...save([1920, 190]), size: [330, 200] },
    },
    links: [
      "model.encoders > encode.encoders",
      "load.video > encode.video",
      ...stemLinks("sfx"),
      ...stemLinks("air"),
      "sfx_decode.audio > mix.audio_1",
      "air_decode.audio > mix.audio_2",
      "music.AUDIO > mix.audio_3",
      "speech.AUDIO > mix.audio_4",
      "mix.report > report.source",
      "load.video > mux.video",
      "mix.audio > mux.audio",
      "mux.video > save.video",
    ],
  },

  focus: {
    free: true,
    nodes: {
      load: { type: "V2ALoadVideo", at: [0, 0], size: [320, 330], set: { file: FILE } },
      model: { type: "V2ALoadModel", at: [0, 390], size: [320, 130] },
      black: {
        type: "SolidMask",
        at: [0, 590],
        size: [320, 110],
        set: { value: 0, width: 640, height: 360 },
        title: "Not seen",
      },
      white: {
        type: "SolidMask",
        at: [0, 770],
        size: [320, 110],
        set: { value: 1, width: 320, height: 360 },
        title: "Seen",
      },
      mask: {
        type: "MaskComposite",
        at: [390, 590],
        size: [330, 150],
        set: { x: 160, y: 0, operation: "add" },
        title: "Stand-in for SAM's mask",
      },
      see: { type: "MaskPreview", at: [790, 590], size: [300, 290] },
      encode: { type: "V2AEncodeVideo", at: [390, 0], size: [330, 150], title: "What is white makes the sound" },
      ...stem("only", "Prompt", 230, PROMPT),
      mux: { type: "V2AMuxVideo", at: [1160, 230], size: [300, 120] },
      save: save([1530, 0]),
    },
    links: [
      "model.encoders > encode.encoders",
      "load.video > encode.video",
      "black.MASK > mask.destination",
      "white.MASK > mask.source",
      "mask.MASK > encode.mask",
      "mask.MASK > see.mask",
      ...stemLinks("only"),
      "load.video > mux.video",
      "only_decode.audio > mux.audio",
      "mux.video > save.video",
    ],
  },

  variations: {
    free: true,
    nodes: {
      load: { type: "V2ALoadVideo", at: [0, 0], size: [320, 330], set: { file: FILE } },
      model: { type: "V2ALoadModel", at: [0, 390], size: [320, 130] },
      encode: { type: "V2AEncodeVideo", at: [390, 0], size: [330, 150] },
      prompt: {
        type: "V2APrompt",
        at: [390, 230],
        size: [330, 290],
        set: { prompt: PROMPT, negative_prompt: "music, speech" },
      },
      condition: { type: "V2ACondition", at: [790, 0], size: [300, 150] },
      batch: { type: "RepeatLatentBatch", at: [790, 230], size: [300, 60], set: { amount: 4 }, title: "Four takes" },
      sampler: { type: "V2ASampler", at: [790, 370], size: [300, 330], set: { control_after_generate: "fixed" } },
      decode: { type: "V2ADecodeAudio", at: [1160, 0], size: [300, 70] },
      pick: { type: "V2AVariations", at: [1160, 150], size: [330, 200], set: { prompt: PROMPT } },
      scores: { type: "PreviewAny", at: [1160, 430], size: [700, 270], title: "Scores, best first" },
      mux: { type: "V2AMuxVideo", at: [1560, 0], size: [300, 120] },
      save: save([1930, 0]),
    },
    links: [
      "model.encoders > encode.encoders",
      "load.video > encode.video",
      "model.encoders > prompt.encoders",
      "prompt.positive > condition.positive",
      "prompt.negative > condition.negative",
      "encode.features > condition.features",
      "condition.latent > batch.samples",
      "model.model > sampler.model",
      "condition.positive > sampler.positive",
      "condition.negative > sampler.negative",
      "batch.LATENT > sampler.latent",
      "model.vae > decode.vae",
      "sampler.latent > decode.latent",
      "decode.audio > pick.audio",
      "load.video > pick.video",
      "pick.scores > scores.source",
      "load.video > mux.video",
      "pick.best > mux.audio",
      "mux.video > save.video",
    ],
  },
};
