// The command palette, and keys that lead to places: Ctrl or Cmd K, /, g followed by a letter, and ? that lists them.
const palette = document.getElementById("palette");
const field = palette?.querySelector("input");
const hits = () => [...palette.querySelectorAll(".hit")];
let opener;
let leading = false;

function show() {
  if (!palette || palette.open) return;
  opener = document.activeElement;
  palette.showModal();
  field.select();
  field.dispatchEvent(new Event("palette", { bubbles: true }));
}

function move(step) {
  const all = hits();
  if (!all.length) return;
  const next = (all.findIndex((hit) => hit.classList.contains("is-active")) + step + all.length) % all.length;
  activate(all[next < 0 ? all.length - 1 : next]);
}

function activate(hit) {
  for (const other of hits()) {
    other.classList.toggle("is-active", other === hit);
    other.setAttribute("aria-selected", String(other === hit));
  }
  if (hit) {
    field.setAttribute("aria-activedescendant", hit.id);
    hit.scrollIntoView({ block: "nearest" });
  } else field.removeAttribute("aria-activedescendant");
}

document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || !event.target.closest("[data-palette]") || !palette) return;
  event.preventDefault();
  show();
});
palette?.addEventListener("close", () => opener?.focus());
palette?.addEventListener("click", (event) => { if (event.target === palette) palette.close(); });
palette?.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown") move(1);
  else if (event.key === "ArrowUp") move(-1);
  else if (event.key === "Enter") {
    const hit = hits().find((each) => each.classList.contains("is-active")) ?? hits()[0];
    if (!hit) return;
    hit.click();
  } else return;
  event.preventDefault();
});
palette?.addEventListener("htmx:afterSettle", () => activate(hits()[0]));

const typing = (target) => target.closest?.("input, textarea, select, [contenteditable], dialog[open]");
document.addEventListener("keydown", (event) => {
  if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    show();
    return;
  }
  if (event.metaKey || event.ctrlKey || event.altKey || typing(event.target)) return;
  if (leading) {
    leading = false;
    document.querySelector(`[data-key="g ${CSS.escape(event.key)}"]`)?.click();
  } else if (event.key === "g") {
    leading = true;
    setTimeout(() => { leading = false; }, 1000);
  } else if (event.key === "/") {
    event.preventDefault();
    (document.querySelector('main input[type="search"]') ?? { focus: show }).focus();
  } else if (event.key === "?") document.getElementById("shortcuts")?.showModal();
  else if (event.key === "c") document.querySelector("[data-key='c']")?.click();
});
