// Shows what is typed on the brand's settings page before it is saved: colours, contrast and names.
const form = document.getElementById("brand-form");
const page = document.documentElement;
let waiting;
let newest = 0;

const write = (name, text) => {
  for (const place of document.querySelectorAll(`[data-brand-text="${name}"]`)) place.textContent = text;
};

const names = () => {
  const said = new FormData(form);
  write("name", said.get("name"));
  write("tagline", said.get("tagline"));
  write("sender_name", said.get("sender_name") || said.get("name"));
};

const show = ({ properties, brand, nudged, readings }) => {
  for (const name of ["--side-bg", "--side-fg", "--side-on", "--side-hover", "--side-active", "--side-line",
    "--side-accent", "--density", "--tracking", "--w-reg", "--w-med", "--w-semi"]) {
    // What the draft's stylesheet sets and this brand does not goes back to the look's own value.
    page.style.setProperty(name, properties[name] ?? "revert-layer");
  }
  for (const [name, value] of Object.entries(properties)) page.style.setProperty(name, value);
  for (const [id, ratio] of Object.entries(readings)) {
    const cell = document.querySelector(`[data-reading="${id}"]`);
    if (cell) cell.textContent = ratio;
  }
  document.querySelector("[data-brand-shown]").textContent = brand;
  document.getElementById("nudge").hidden = !nudged;
};

const ask = async () => {
  const mine = ++newest;
  const answer = await fetch(form.dataset.try, { method: "POST", body: new FormData(form) });
  // A value that is not valid yet changes nothing; saving says what is wrong with it.
  if (answer.ok && mine === newest) show(await answer.json());
};

form?.addEventListener("input", () => {
  names();
  clearTimeout(waiting);
  waiting = setTimeout(ask, 250);
});
