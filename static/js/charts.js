// What a chart says under the pointer, drawn with SVG attributes; and the long charts, whose library comes when asked for.
const PADDING = 12;
const LINE = 17;

function make(name, attributes, parent) {
  const element = document.createElementNS(parent.namespaceURI, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  parent.append(element);
  return element;
}

function tipOf(plot) {
  return plot.querySelector(":scope > .chart__tip") ?? make("g", { class: "chart__tip", "aria-hidden": "true" }, plot);
}

function showTip(plot, hit) {
  const tip = tipOf(plot);
  tip.replaceChildren();
  const bounds = plot.getBoundingClientRect();
  const area = hit.getBoundingClientRect();
  const centre = area.left - bounds.left + area.width / 2;
  if (plot.dataset.cross !== undefined) make("line", { class: "cross", x1: centre, x2: centre, y1: 0, y2: bounds.height }, tip);
  const box = make("g", {}, tip);
  const back = make("rect", { class: "chart__tip-back", rx: 8 }, box);
  const lines = hit.dataset.tip.split("\n");
  lines.forEach((line, index) => {
    const text = make("text", { x: PADDING, y: PADDING + LINE * index + 11, class: index === 1 ? "chart__tip-value" : "" }, box);
    text.textContent = line;
  });
  const width = Math.max(...[...box.querySelectorAll("text")].map((text) => text.getComputedTextLength())) + 2 * PADDING;
  const height = lines.length * LINE + 2 * PADDING - 5;
  back.setAttribute("width", width);
  back.setAttribute("height", height);
  const left = centre + 14 + width > bounds.width ? centre - 14 - width : centre + 14;
  const top = Math.min(Math.max(0, area.top - bounds.top), bounds.height - height);
  box.setAttribute("transform", `translate(${Math.max(0, left)} ${Math.max(0, top)})`);
}

document.addEventListener("pointerover", ({ target }) => {
  const hit = target.closest?.("[data-tip]");
  if (hit) showTip(hit.closest(".chart__plot"), hit);
});
document.addEventListener("pointerout", ({ target, relatedTarget }) => {
  const plot = target.closest?.(".chart__plot");
  if (plot && !plot.contains(relatedTarget)) plot.querySelector(":scope > .chart__tip")?.remove();
});

const loaded = new Map();
function load(tag, attributes) {
  const url = attributes.src ?? attributes.href;
  if (!loaded.has(url)) {
    loaded.set(url, new Promise((resolve, reject) => {
      const element = Object.assign(document.createElement(tag), attributes, { onload: resolve, onerror: reject });
      document.head.append(element);
    }));
  }
  return loaded.get(url);
}

async function zoom(button) {
  const box = button.closest("[data-long-chart]");
  const { source, script, sheet, label, failed } = box.dataset;
  button.setAttribute("aria-busy", "true");
  try {
    const [answer] = await Promise.all([
      fetch(source, { headers: { Accept: "application/json" } }),
      load("script", { src: script }),
      load("link", { rel: "stylesheet", href: sheet }),
    ]);
    if (!answer.ok) throw new Error(`${answer.status}`);
    draw(box, await answer.json(), label);
    button.hidden = true;
  } catch {
    document.dispatchEvent(new CustomEvent("toast", { detail: { messages: [{ level: "error", title: failed }] } }));
  } finally {
    button.removeAttribute("aria-busy");
  }
}

function draw(box, columns, label) {
  // The canvas takes the colours that the still drawing wears.
  const style = (selector) => getComputedStyle(box.querySelector(selector));
  const place = box.querySelector("[data-long-plot]");
  const grid = { stroke: style(".g").stroke };
  const axis = { stroke: style(".chart__y").color, grid, ticks: grid };
  const stroke = style(".line").stroke;
  const still = box.querySelector("[data-long-still]");
  const height = still.clientHeight;
  still.hidden = true;
  const chart = new window.uPlot({
    width: box.clientWidth,
    height: Math.max(height, 240),
    series: [{}, { label, stroke, width: 2, points: { show: false } }],
    axes: [axis, { ...axis, size: 72 }],
    cursor: { drag: { x: true, y: false } },
  }, columns, place);
  new ResizeObserver(([entry]) => chart.setSize({ width: entry.contentRect.width, height: chart.height })).observe(place);
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-long-zoom]");
  if (button) zoom(button);
});
