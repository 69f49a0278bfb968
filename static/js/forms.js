// Forms: sent once, rows of lines, a warning before typed work is lost. Without this file the forms still work.
const busy = (form, on) => {
  for (const button of form.querySelectorAll('button:not([type="button"]), input[type="submit"]')) {
    if (on) button.setAttribute("aria-busy", "true");
    else button.removeAttribute("aria-busy");
  }
};

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent === "true") {
    event.preventDefault();
    event.stopPropagation();
    return;
  }
  if (form.method !== "post") return;
  form.dataset.sent = "true";
  delete form.dataset.dirty;
  busy(form, true);
}, true);

const release = (form) => {
  delete form.dataset.sent;
  busy(form, false);
};
document.addEventListener("htmx:afterRequest", ({ target }) => {
  const form = target.closest?.("form");
  if (form) release(form);
});
// A page that comes back from the browser's memory has not been sent again.
addEventListener("pageshow", ({ persisted }) => { if (persisted) document.querySelectorAll("form[data-sent]").forEach(release); });

document.addEventListener("input", ({ target }) => {
  const form = target.closest("form[data-guard]");
  if (form) form.dataset.dirty = "true";
});
addEventListener("beforeunload", (event) => { if (document.querySelector("form[data-dirty]")) event.preventDefault(); });

// Line items: the empty row stands in a template, `__prefix__` becomes its number.
function addRow(button) {
  const box = button.closest("[data-rows]");
  const total = box.querySelector('input[name$="-TOTAL_FORMS"]');
  const row = box.querySelector("template").content.cloneNode(true);
  for (const element of row.querySelectorAll("*")) {
    for (const { name, value } of [...element.attributes]) {
      if (value.includes("__prefix__")) element.setAttribute(name, value.replaceAll("__prefix__", total.value));
    }
  }
  total.value = Number(total.value) + 1;
  const first = row.querySelector("input:not([type=hidden]), select");
  box.querySelector("[data-row-body]").append(row);
  first?.focus();
}

function removeRow(button) {
  const row = button.closest("[data-row]");
  const box = row.closest("[data-rows]");
  const mark = row.querySelector('input[name$="-DELETE"]');
  if (mark) mark.checked = true;
  row.hidden = true;
  box.querySelector("[data-add-row]")?.focus();
  box.dispatchEvent(new Event("change", { bubbles: true }));
}

document.addEventListener("click", ({ target }) => {
  const adding = target.closest("[data-add-row]");
  const removing = target.closest("[data-remove-row]");
  if (adding) addRow(adding);
  else if (removing) removeRow(removing);
});
