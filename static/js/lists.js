// Lists: ticks for bulk actions, and a table that says when it waits.
function count(form) {
  const ticks = [...form.querySelectorAll(".c-tick input[name]")];
  const ticked = ticks.filter((tick) => tick.checked).length;
  const all = form.querySelector("[data-tick-all]");
  if (all) {
    all.checked = ticked > 0 && ticked === ticks.length;
    all.indeterminate = ticked > 0 && ticked < ticks.length;
  }
  for (const place of form.querySelectorAll("[data-ticked]")) place.textContent = ticked;
}

document.addEventListener("change", ({ target }) => {
  const form = target.closest("form[data-bulk]");
  if (!form) return;
  if (target.matches("[data-tick-all]")) {
    for (const tick of form.querySelectorAll(".c-tick input[name]")) tick.checked = target.checked;
  }
  count(form);
});

const waiting = ({ detail }, value) => {
  const region = detail.target?.closest?.(".results");
  if (region) region.setAttribute("aria-busy", value);
};
document.addEventListener("htmx:beforeRequest", (event) => waiting(event, "true"));
document.addEventListener("htmx:afterRequest", (event) => waiting(event, "false"));

// A session that restores ticked boxes on reload shows the bar with the right number.
for (const form of document.querySelectorAll("form[data-bulk]")) count(form);
