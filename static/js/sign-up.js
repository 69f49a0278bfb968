// Sign-up: the device's time zone for the organisation's, and the form that leads to its own host sends itself.
const zone = document.querySelector('select[data-guess="time-zone"]');
if (zone) {
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if ([...zone.options].some(({ value }) => value === here)) zone.value = here;
}

const shown = document.querySelector("[data-chosen-region]");
const tell = () => {
  const chosen = ["locale", "time_zone", "currency"].map((name) => document.querySelector(`select[name="${name}"]`).value);
  shown.textContent = chosen.join(" · ");
};
if (shown) {
  tell();
  document.addEventListener("change", tell);
}

document.querySelector("form[data-send-now]")?.requestSubmit();
