/**
 * Sliders for weights, inputs and targets, and what begins when the page is there.
 *
 * @typedef {{kind: "parameter" | "input" | "target", label: string, get: () => number, set: (value: number) => void}} Knob
 */
"use strict";

const MOST_KNOBS = 24; // that are shown at once; of more, others are chosen from a list

/** Every number that can be moved. @returns {Knob[]} */
function allKnobs() {
  if (!network || !point) return [];
  /** @type {Knob[]} */
  const found = [];
  /** @param {Knob["kind"]} kind @param {string} name @param {number[]} list @param {number[]} shape @param {string} more */
  const add = (kind, name, list, shape, more = "") => {
    list.forEach((_, n) => {
      const place = shape.length > 1 ? `[${Math.floor(n / shape[1])},${n % shape[1]}]` : list.length > 1 ? `[${n}]` : "";
      found.push({ kind, label: name + place + more, get: () => list[n], set: (value) => (list[n] = value) });
    });
  };
  network.parameters.forEach(({ name, shape }, n) => {
    const isOne = shape.every((size) => size === 1);
    add("parameter", name, point.parameters[n], isOne ? [] : shape);
  });
  const example = (/** @type {number} */ e) => (network.examples > 1 ? ` (example ${e})` : "");
  point.inputs.forEach((rows, n) => rows.forEach((row, e) => add("input", network.names[n], row, [], example(e))));
  point.targets.forEach((rows, n) => {
    const end = network.ends.find(({ target }) => target === n);
    const of = point.targets.length > 1 && end ? ` of ${network.names[network.nodes[end.node].of]}` : "";
    rows.forEach((row, e) => add("target", `target${of}`, row, [], example(e)));
  });
  return found;
}

const knobs = allKnobs();
const starts = knobs.map((knob) => knob.get());
/** @type {Map<Knob, () => void>} */
const controls = new Map();

/** A slider and a field for one number. @param {Knob} knob @param {number} n */
function addSlider(knob, n) {
  if (controls.has(knob)) return;
  const reach = Math.max(1, 2 * Math.abs(starts[n]));
  const range = element("input", { type: "range", id: `knob-${n}`, step: "any" });
  range.min = String(Math.min(starts[n] - reach, 0));
  range.max = String(Math.max(starts[n] + reach, 0));
  range.setAttribute("aria-describedby", `reach-${n}`);
  const ends = element("span", { class: "reach", id: `reach-${n}` });
  /** Moves the ends so far apart that the number is between them. */
  const stretch = () => {
    range.min = String(Math.min(Number(range.min), knob.get()));
    range.max = String(Math.max(Number(range.max), knob.get()));
    ends.textContent = `${figure(Number(range.min), 3)} to ${figure(Number(range.max), 3)}`;
  };
  const field = element("input", { type: "number", step: "any", "aria-label": `${knob.label}, its value` });
  const show = () => {
    stretch();
    range.value = String(knob.get());
    field.value = String(knob.get());
  };
  /** @param {number} value */
  const move = (value) => {
    if (!Number.isFinite(value)) return;
    knob.set(value);
    stretch();
    range.value = String(value);
    schedule();
  };
  const places = Math.min(Math.max(4 - Math.floor(Math.log10(reach)), 0), 100);
  /** To a number of few figures, which a hand can hit. @param {number} value */
  const slide = (value) => {
    move(Number(Math.min(Math.max(value, Number(range.min)), Number(range.max)).toFixed(places)));
    field.value = String(knob.get());
  };
  range.addEventListener("input", () => slide(Number(range.value)));
  field.addEventListener("input", () => move(field.value.trim() === "" ? NaN : Number(field.value)));
  range.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const signs = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 };
    const sign = signs[/** @type {keyof typeof signs} */ (event.key)];
    if (sign === undefined) return;
    event.preventDefault();
    slide(knob.get() + (sign * reach) / 100);
  });
  controls.set(knob, show);
  byId("sliders").append(element("label", { for: range.id }, knob.label), range, ends, field);
  show();
}

/** Groups of sliders, and a list of those that there is no room for. */
function showKnobs() {
  if (!knobs.length) return;
  byId("knobs").hidden = false;
  const names = { parameter: "weights", input: "inputs", target: "targets" };
  const room = { input: 4, target: 4, parameter: MOST_KNOBS };
  for (const kind of /** @type {Knob["kind"][]} */ (["parameter", "input", "target"])) {
    const own = knobs.filter((knob) => knob.kind === kind);
    if (!own.length) continue;
    byId("sliders").append(element("div", { class: "group" }, names[kind]));
    const shown = knobs.length <= MOST_KNOBS ? own : own.slice(0, kind === "parameter" ? 12 : room[kind]);
    shown.forEach((knob) => addSlider(knob, knobs.indexOf(knob)));
  }
  const rest = knobs.filter((knob) => !controls.has(knob));
  if (rest.length) {
    byId("more").hidden = false;
    const others = byId("others");
    others.append(element("option", { value: "" }, `choose one of ${rest.length}`));
    rest.forEach((knob) => others.append(element("option", { value: String(knobs.indexOf(knob)) }, knob.label)));
    others.addEventListener("change", () => {
      if (others.value !== "") addSlider(knobs[Number(others.value)], Number(others.value));
    });
  }
  byId("reset").addEventListener("click", () => {
    knobs.forEach((knob, n) => knob.set(starts[n]));
    for (const show of controls.values()) show();
    renew();
  });
}

let waiting = false;
/** Computes anew before the next picture, once, however many sliders have moved until then. */
function schedule() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    renew();
  });
}

/** The loss and the chosen gradient beside the sliders. */
function showReadout() {
  if (!state) return;
  const n = chosen ?? 0;
  const subject = data.subjects[n];
  const lines = [`${data.quantity} = ${figure(state.loss, data.digits)}`];
  if (subject) {
    const of = subject.parameter === null ? `S${n}` : `G${subject.parameter}`;
    lines.push(`${subject.label} = ${textOf(of)}`);
  }
  if (!Number.isFinite(state.loss)) lines.push("Here the loss has no value.");
  byId("readout").textContent = lines.join("\n");
}

document.documentElement.classList.add("scripted");
if (network && byId("steps")?.classList.contains("unnumbered")) {
  setTimeout(() => {
    byId("steps").classList.remove("unnumbered");
    renewNumbers(true);
  });
}
listenToGradients();
if (steps.length) listenToSteps();
showKnobs();
showReadout();
const seen = new ResizeObserver((all) => {
  for (const { target } of all) target.classList.toggle("cut", target.scrollWidth > target.clientWidth + 1);
});
for (const one of all(".scrolled")) seen.observe(one);
