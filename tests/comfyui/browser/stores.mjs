// What the frontend keeps of nodes' help and of blueprints, which its panels show.

/** Have `store(name)` in the page: one of the frontend's stores. */
export const withStores = (page) =>
  page.evaluate(() => {
    const app = document.getElementById("vue-app").__vue_app__;
    window.store = (name) => app.config.globalProperties.$pinia._s.get(name);
  });
