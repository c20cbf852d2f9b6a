// What the workflows are put together from: nodes as large and set as they usually are, and the links between stages.

// Of demo/.
const FILE = "big_buck_bunny.mp4";
export const SPEECH = "two_lines.flac";

// Sounds that Mini knows, and a seed at which they are heard to fit.
export const PROMPT = "heavy footsteps on grass";
const SEED = { seed: 2 };
export const NEGATIVE = "music, speech";

const FIXED = { control_after_generate: "fixed" };

const SIZES = {
  V2ALoadVideo: [320, 330],
  V2ALoadModel: [320, 130],
  V2AEncodeVideo: [330, 150],
  V2APrompt: [330, 290],
  V2ATranscript: [330, 250],
  V2ACondition: [300, 150],
  V2AGuidance: [300, 320],
  V2ASampler: [300, 330],
  V2ADecodeAudio: [300, 70],
  V2AEncodeAudio: [300, 100],
  V2AKeepSpan: [300, 130],
  V2AMixAudio: [320, 640],
  V2AMuxVideo: [300, 120],
  V2ASyncPreview: [300, 100],
  V2AVideoToAudio: [400, 520],
  RepeatLatentBatch: [300, 60],
  EmptyAudio: [300, 110],
  SolidMask: [320, 110],
  PrimitiveFloat: [300, 60],
  PreviewImage: [420, 460],
  SaveVideo: [330, 300],
};

const SETTINGS = {
  V2ALoadVideo: { file: FILE },
  V2APrompt: { prompt: PROMPT, negative_prompt: NEGATIVE },
  V2ASampler: { ...SEED, ...FIXED },
  V2AVideoToAudio: { prompt: PROMPT, negative_prompt: NEGATIVE, ...SEED, ...FIXED },
  RandomNoise: FIXED,
  SaveVideo: { filename_prefix: "video/v2a" },
  SaveAudio: { filename_prefix: "audio/v2a" },
};

// By the names that nodes of these stages have in every graph.
const STAGES = [
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
];

/** A node at a place; set and more (title, size) are what is not as usual. */
export const node = (type, at, set = {}, more = {}) => ({
  type,
  at,
  size: SIZES[type],
  set: { ...SETTINGS[type], ...set },
  ...more,
});

/** Nodes with the usual links between those stages that are there, but for inputs into which one of links goes. */
export function graph(nodes, links = [], groups = []) {
  const own = new Set(links.map((link) => link.split(" > ")[1]));
  const usual = STAGES.filter((link) => {
    const [output, input] = link.split(" > ");
    return [output, input].every((end) => end.split(".")[0] in nodes) && !own.has(input);
  });
  return { nodes, links: [...usual, ...links], groups };
}

/** The links of one more stem, whose prompt, condition, sampler and decode have names that begin with its own. */
export const stemLinks = (name) =>
  STAGES.filter((link) => /> (prompt|condition|sampler|decode)\./.test(link)).map((link) =>
    link.replace(/\b(prompt|condition|sampler|decode)\./g, `${name}_$1.`),
  );
