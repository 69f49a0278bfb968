// Menus, dialogs on the page, copying, and the choice of light or dark. All by delegation, so swapped parts need nothing.
const say = (message, level = "success") =>
  document.dispatchEvent(new CustomEvent("toast", { detail: { messages: [{ level, title: message }] } }));

async function copy(button) {
  const source = button.dataset.copy || document.getElementById(button.dataset.copyFrom)?.value;
  try {
    await navigator.clipboard.writeText(source);
    say(button.dataset.copied);
  } catch {
    say(button.dataset.copyFailed, "error");
  }
}

function choose(mode) {
  try {
    if (mode === "auto") localStorage.removeItem("mode");
    else localStorage.setItem("mode", mode);
  } catch { /* A browser that keeps nothing follows the system. */ }
  delete document.documentElement.dataset.modeFixed;
  dispatchEvent(new Event("modechange"));
  markMode();
}

function markMode() {
  let mode = "auto";
  try { mode = localStorage.getItem("mode") ?? "auto"; } catch { /* as above */ }
  for (const button of document.querySelectorAll("[data-choose-mode]")) {
    button.setAttribute("aria-pressed", String(button.dataset.chooseMode === mode));
  }
}

document.addEventListener("click", (event) => {
  const target = event.target;
  for (const menu of document.querySelectorAll("details.drop[open]")) {
    if (!menu.contains(target) || target.closest("[data-close]")) menu.open = false;
  }
  const button = target.closest("[data-copy], [data-copy-from], [data-open-dialog], [data-close-dialog], [data-choose-mode], [data-window]");
  if (!button) return;
  const { openDialog, closeDialog, chooseMode, window: size } = button.dataset;
  if (openDialog) {
    event.preventDefault();
    document.getElementById(openDialog)?.showModal();
  } else if (closeDialog !== undefined) {
    const dialog = button.closest("dialog");
    if (dialog) {
      event.preventDefault();
      dialog.close();
    }
  } else if (chooseMode) choose(chooseMode);
  else if (size) {
    event.preventDefault();
    const [width, height] = size.split("x");
    open(button.href, "_blank", `popup,width=${width},height=${height}`);
  } else copy(button);
});

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("details.drop[open]");
  if (!menu) return;
  if (event.key === "Escape") {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const items = [...menu.querySelectorAll(".menu a, .menu button")];
  if (!items.length) return;
  event.preventDefault();
  const step = event.key === "ArrowDown" ? 1 : -1;
  const at = items.indexOf(document.activeElement);
  items[at < 0 ? (step > 0 ? 0 : items.length - 1) : (at + step + items.length) % items.length].focus();
});

document.addEventListener("focusout", ({ target, relatedTarget }) => {
  const menu = target.closest?.("details.drop[open]");
  if (menu && relatedTarget && !menu.contains(relatedTarget)) menu.open = false;
});

// A call to action that waits until the card it repeats has scrolled away.
const call = document.querySelector("[data-cta]");
const card = call && document.getElementById(call.dataset.cta);
if (card) {
  new IntersectionObserver(([entry]) => { call.hidden = entry.isIntersecting || entry.boundingClientRect.top > 0; }).observe(card);
}
markMode();
