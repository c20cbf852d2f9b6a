// What each workflow shows, in a line: a note in the graph and a row of workflows/README.md, for the frontend's template
// browser shows nothing but the names of a pack's workflows.

// How to fetch a model that does not come with the pack, and what its licence leaves out.
const MMAUDIO =
  "First, in the pack's folder with ComfyUI's own Python: `python -m v2a_core download mmaudio_large_44k_v2` " +
  "(6.7 GB, not for commercial use).";
const FOLEY =
  "First, in the pack's folder with ComfyUI's own Python: `python -m v2a_core download hunyuan_foley_xl` " +
  "(10.5 GB, no licence in the EU, the UK and South Korea).";

export const about = {
  mini_quick_start: "A video in, the video with its sound out, in one node, with the model that ships with the pack.",
  full_graph: "The whole chain with a node for every stage, to which ComfyUI's own nodes can be joined.",
  long_film: "A film of any length, made window by window; a run that broke off goes on where it was.",
  silent_film: "An old film at its own speed, and its title cards found, for you to fill in.",
  cues_and_transcript: "Sounds at times, who says what when, and the picture followed in the first part of sampling only.",
  guidance_apart: "Prompt, picture and negative prompt each steered on its own, with ComfyUI's own sampler nodes.",
  image_batch: "Sound for images that another graph made, at their frames per second.",
  focus: "The sound of one thing in the picture: a mask hides the rest from the model.",
  variations: "Several takes at once, each scored, the best first.",
  stems: "Effects, ambience, music and speech apart, mixed to a loudness; the footsteps move with who makes them.",
  speech_from_tts: "Lines that a text-to-speech node says, each put at its time, with room made for them in the sound.",
  under_original: "A new sound under the one that the video has, turned down wherever the old one is heard.",
  regenerate_span: "Two seconds of a soundtrack made anew; the rest of it stays as it was.",
  extend_soundtrack: "A soundtrack that ends early, made longer: what comes after follows from what is there.",
  change_soundtrack: "A sound as the start for another: denoise says how much of it changes.",
  mmaudio_quick_start: `${MMAUDIO} A video in, the video with its sound out, by MMAudio, with the settings of its authors.`,
  hunyuan_foley_quick_start: `${FOLEY} A video in, the video with its sound out, by HunyuanVideo-Foley, with the settings of its authors.`,
  text_only_foley: `${MMAUDIO} Two candidates of a sound for a prompt alone, without a picture, by MMAudio.`,
  hunyuan_foley_text_only: `${FOLEY} Two candidates of a sound for a prompt alone, without a picture, by HunyuanVideo-Foley.`,
  replace_kijais_graph: `${MMAUDIO} The usual graph of kijai's ComfyUI-MMAudio in these nodes, with what took the place of what.`,
  after_veo3:
    "Sound for a clip from Veo 3, in the graph that makes it; any other node that gives a VIDEO will do. " +
    "Veo 3 needs a Comfy account and is paid by the run; to try without it put Create Video in its place.",
  train_lora: "A LoRA trained on a folder of clips with captions, and heard in the same graph.",
};
