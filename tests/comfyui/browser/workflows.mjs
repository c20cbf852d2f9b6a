// The shipped workflows: nodes by a name of their own, and links "node.output > node.input". Those that are free need no
// API key to run.

const FILE = "big_buck_bunny.mp4";
const PROMPT = "birds chirping, rustling leaves, soft footsteps on grass";

const save = (at) => ({ type: "SaveVideo", at, size: [330, 300], set: { filename_prefix: "video/v2a" } });

export const workflows = {
  mini_quick_start: {
    free: true,
    nodes: {
      load: { type: "V2ALoadVideo", at: [0, 0], size: [320, 330], set: { file: FILE } },
      make: {
        type: "V2AVideoToAudio",
        at: [370, 0],
        size: [400, 520],
        set: { prompt: PROMPT, negative_prompt: "music, speech", control_after_generate: "fixed" },
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
};
