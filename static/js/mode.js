// Runs before the first paint, so that a dark page never flashes light. `data-mode-fixed` is a page that chose itself,
// `data-mode-follows` one whose brand leaves it to the device.
{
  const page = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => { try { return localStorage.getItem("mode"); } catch { return null; } };
  const apply = () => {
    if (page.dataset.modeFixed !== undefined) return;
    const mode = page.dataset.modeFollows === undefined ? chosen() : null;
    page.dataset.mode = mode === "dark" || mode === "light" ? mode : dark.matches ? "dark" : "light";
  };
  dark.addEventListener("change", apply);
  addEventListener("storage", apply);
  addEventListener("modechange", apply);
  apply();
}
