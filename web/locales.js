// Keeps the pack's translations in frontends of late 2025 (1.32 is one), which drop those of every pack when they load
// a language: https://github.com/Comfy-Org/ComfyUI_frontend/pull/7214 is how later ones keep them. There this changes
// nothing, and where the frontend's translator is not to be found, nodes stay English.

import { api } from "../../scripts/api.js";
import { app } from "../../scripts/app.js";

app.registerExtension({
  name: "V2A.Locales",
  // Before nodes are registered, which is when they take their names.
  async init() {
    const root = document.getElementById("vue-app")?.__vue_app__;
    const translator = root?._context.provides[root.__VUE_I18N_SYMBOL__]?.global;
    if (!translator?.setLocaleMessage) return;

    const texts = await (await api.fetchApi("/i18n")).json();
    const restore = (language) => {
      const nodes = Object.entries(texts[language]?.nodeDefs ?? {}).filter(([id]) => id.startsWith("V2A"));
      translator.mergeLocaleMessage(language, { nodeDefs: Object.fromEntries(nodes) });
    };
    const set = translator.setLocaleMessage;
    translator.setLocaleMessage = (language, message) => {
      set(language, message);
      restore(language);
    };
    restore(translator.locale.value);
  },
});
