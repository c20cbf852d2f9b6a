// Sounds beside each other, and sounds that are there already: kept, changed, mixed.

import { PROMPT, SPEECH, graph, node, stemLinks } from "./graph.mjs";

/** The sound of first as a latent, from which the sampler makes the video's; nodes and links lie between these two. */
const changed = (first, prompt, nodes, links) =>
  graph(
    {
      load: node("V2ALoadVideo", [0, 0]),
      first: node("V2AVideoToAudio", [390, 0], {}, { title: "Stand-in for the sound that is there" }),
      model: node("V2ALoadModel", [0, 390]),
      prompt: node("V2APrompt", [0, 600], { prompt, negative_prompt: "" }),
      encode: node("V2AEncodeVideo", [390, 600]),
      condition: node("V2ACondition", [850, 600]),
      known: node("V2AEncodeAudio", [850, 0]),
      sampler: node("V2ASampler", [1210, 0], { seed: 1 }),
      decode: node("V2ADecodeAudio", [1570, 0]),
      mux: node("V2AMuxVideo", [1570, 140]),
      save: node("SaveVideo", [1570, 330]),
      ...nodes,
    },
    [
      `${first} > first.video`,
      "first.audio > known.audio",
      "model.vae > known.vae",
      "load.duration > known.seconds",
      ...links,
    ],
  );

/** A span of that sound made anew. */
const keeping = (span, first, prompt, nodes = {}) =>
  changed(first, prompt, { keep: node("V2AKeepSpan", [850, 190], span), ...nodes }, [
    "known.latent > keep.latent",
    "first.audio > keep.audio",
    "keep.latent > sampler.latent",
  ]);

export const oldSound = {
  stems: graph(
    {
      load: node("V2ALoadVideo", [0, 0]),
      model: node("V2ALoadModel", [0, 390]),
      encode: node("V2AEncodeVideo", [390, 0], {}, { title: "Watched once" }),
      prompt: node("V2APrompt", [390, 230], { prompt: "soft footsteps on grass" }, { title: "Effects" }),
      condition: node("V2ACondition", [790, 0]),
      sampler: node("V2ASampler", [790, 220]),
      decode: node("V2ADecodeAudio", [1160, 0]),
      air_prompt: node("V2APrompt", [390, 600], { prompt: "wind in the trees" }, { title: "Ambience" }),
      air_condition: node("V2ACondition", [790, 620]),
      air_sampler: node("V2ASampler", [790, 840]),
      air_decode: node("V2ADecodeAudio", [1160, 620]),
      music: node("EmptyAudio", [1160, 230], { duration: 1 }, { title: "Stand-in for music" }),
      speech: node("EmptyAudio", [1160, 420], { duration: 1 }, { title: "Stand-in for a text-to-speech node" }),
      mix: node("V2AMixAudio", [1530, 0], {
        loudness: "-16 LUFS",
        gain_2: -6,
        gain_3: -9,
        speech: "audio_4",
        moving: "audio_1",
        path: "0: -0.6, 4: 0.6",
      }),
      report: node("PreviewAny", [1920, 560], {}, { size: [330, 120] }),
      mux: node("V2AMuxVideo", [1920, 0]),
      save: node("SaveVideo", [1920, 190]),
    },
    [
      ...stemLinks("air"),
      "decode.audio > mix.audio_1",
      "air_decode.audio > mix.audio_2",
      "music.AUDIO > mix.audio_3",
      "speech.AUDIO > mix.audio_4",
      "mix.report > report.source",
      "mix.audio > mux.audio",
    ],
  ),

  speech_from_tts: graph(
    {
      load: node("V2ALoadVideo", [0, 0]),
      model: node("V2ALoadModel", [0, 390]),
      encode: node("V2AEncodeVideo", [390, 0]),
      prompt: node("V2APrompt", [390, 230]),
      condition: node("V2ACondition", [790, 0]),
      sampler: node("V2ASampler", [790, 230]),
      decode: node("V2ADecodeAudio", [1160, 0]),
      lines: node(
        "V2ATranscript",
        [0, 600],
        { text: "ANNA [0.6-1.5]: Did you hear that?\nBEN [3.2-4.5]: It is only a rabbit." },
        { title: "V2A Transcript: who says what, when" },
      ),
      words: node("PreviewAny", [390, 600], {}, { size: [330, 120], title: "What a text-to-speech node says" }),
      said: node(
        "LoadAudio",
        [390, 790],
        { audio: SPEECH },
        { size: [330, 140], title: "Stand-in for a text-to-speech node" },
      ),
      place: node("V2APlaceSpeech", [790, 640], {}, { size: [300, 130] }),
      fits: node("PreviewAny", [1160, 640], {}, { size: [320, 180], title: "How each line fits" }),
      mix: node(
        "V2AMixAudio",
        [1530, 0],
        { loudness: "-16 LUFS", speech: "audio_2" },
        { title: "V2A Mix Audio: room for speech" },
      ),
      mux: node("V2AMuxVideo", [1920, 0]),
      save: node("SaveVideo", [1920, 190]),
    },
    [
      "load.duration > lines.seconds",
      "lines.words > words.source",
      "lines.transcript > place.transcript",
      "said.AUDIO > place.audio",
      "load.duration > place.seconds",
      "place.report > fits.source",
      "decode.audio > mix.audio_1",
      "place.audio > mix.audio_2",
      "mix.audio > mux.audio",
    ],
  ),

  under_original: graph(
    {
      load: node("V2ALoadVideo", [0, 0]),
      model: node("V2ALoadModel", [0, 390]),
      prompt: node("V2APrompt", [0, 600], { prompt: "wind in the trees" }),
      first: node(
        "V2AVideoToAudio",
        [390, 0],
        { prompt: "soft footsteps on grass" },
        { title: "Stand-in for a video that has sound" },
      ),
      encode: node("V2AEncodeVideo", [390, 600]),
      original: node("GetVideoComponents", [850, 0], {}, { size: [320, 90], title: "Get Video Components: its sound" }),
      condition: node("V2ACondition", [850, 170]),
      sampler: node("V2ASampler", [850, 430]),
      decode: node("V2ADecodeAudio", [1210, 0]),
      mix: node("V2AMixAudio", [1210, 150], { speech: "audio_1" }, { title: "V2A Mix Audio: the new makes room" }),
      mux: node("V2AMuxVideo", [1590, 0]),
      save: node("SaveVideo", [1590, 190]),
    },
    [
      "load.video > first.video",
      "first.video > original.video",
      "original.audio > mix.audio_1",
      "decode.audio > mix.audio_2",
      "mix.audio > mux.audio",
    ],
  ),

  regenerate_span: keeping({ start: 2, end: 4 }, "load.video", "heavy rain"),

  extend_soundtrack: keeping({ start: 3 }, "part.video", PROMPT, {
    load: node("V2ALoadVideo", [-390, 0], {}, { title: "The whole video" }),
    part: node("V2ALoadVideo", [0, 0], { duration: 3 }, { title: "The part of it that has sound" }),
  }),

  change_soundtrack: changed(
    "load.video",
    "heavy rain",
    {
      sampler: node("V2ASampler", [1210, 0], { seed: 1, denoise: 0.6 }, { title: "V2A Sampler: denoise below 1" }),
    },
    ["known.latent > sampler.latent"],
  ),
};
