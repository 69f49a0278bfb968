// Runs before the first paint, so that a dark page never flashes light.
{
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => { document.documentElement.dataset.mode = dark.matches ? "dark" : "light"; };
  dark.addEventListener("change", apply);
  apply();
}
