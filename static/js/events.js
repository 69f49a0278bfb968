// What the pages listen to. The server sends toast, closeDialog and refresh:… events in the HX-Trigger header.
const VISIBLE_MILLISECONDS = 6000;
const ICONS = { success: "circle-check", warning: "triangle-alert", error: "triangle-alert" };
const toasts = () => document.getElementById("toasts");

function dismissLater(toast) {
  let timer;
  const start = () => { timer = setTimeout(() => toast.remove(), VISIBLE_MILLISECONDS); };
  const stop = () => clearTimeout(timer);
  for (const event of ["mouseenter", "focusin"]) toast.addEventListener(event, stop);
  for (const event of ["mouseleave", "focusout"]) toast.addEventListener(event, start);
  start();
}

function showToast({ level = "info", title = "", message = "" }) {
  const toast = document.getElementById("toast").content.firstElementChild.cloneNode(true);
  const failed = level === "error";
  toast.classList.add(`toast--${level}`);
  const icon = toast.querySelector("use");
  icon.setAttribute("href", icon.getAttribute("href").replace(/#.*/, `#${ICONS[level] ?? "info"}`));
  toast.querySelector("[data-title]").textContent = title;
  toast.querySelector("[data-message]").textContent = message;
  toast.querySelector("button").addEventListener("click", () => toast.remove());
  toasts().querySelector(`[data-region="${failed ? "error" : "status"}"]`).append(toast);
  if (!failed) dismissLater(toast);
}

function focusWhatChanged({ detail }) {
  const invalid = detail.elt.querySelector?.('[aria-invalid="true"]');
  if (invalid) invalid.focus();
  else if (detail.boosted) {
    const heading = document.querySelector("h1");
    heading?.setAttribute("tabindex", "-1");
    heading?.focus();
  }
}

document.addEventListener("toast", ({ detail }) => detail.messages.forEach(showToast));

document.addEventListener("htmx:responseError", ({ detail: { xhr } }) => {
  // A refusal that the server put into words has come as a toast already.
  if (xhr.getResponseHeader("HX-Trigger")) return;
  const reference = xhr.getResponseHeader("X-Request-ID");
  const title = reference ? `${toasts().dataset.reference} ${reference}` : "";
  showToast({ level: "error", title: toasts().dataset.failed, message: title });
});

document.addEventListener("htmx:sendError", () => showToast({ level: "error", title: toasts().dataset.offline }));

document.addEventListener("htmx:afterSettle", focusWhatChanged);

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target.id !== "dialog" || detail.target.open) return;
  detail.target.setAttribute("aria-label", detail.target.querySelector("h2")?.textContent ?? "");
  detail.target.showModal();
});

document.addEventListener("closeDialog", () => document.getElementById("dialog").close());
