/** The calculation step by step: the formula of a step with its numbers, and what it is about in the drawing. */
"use strict";

const steps = all("#steps tr[data-step]");
let current = -1; // the step that is shown; −1 for none

/** Shows a step of the calculation: its formula, its row, what it is about in the drawing; −1 for none. */
function showStep() {
  const row = steps[current];
  steps.forEach((one, n) => one.classList.toggle("current", n === current));
  byId("count").textContent = row ? `step ${current + 1} of ${steps.length}` : `${steps.length} steps`;
  byId("back").disabled = byId("first").disabled = current <= 0;
  byId("forth").disabled = current >= steps.length - 1;
  byId("end").disabled = current < 0;
  const about = row?.dataset.step ?? "";
  const [nodes, parameters] = row ? namesIn(row) : [new Set(), new Set()];
  for (const box of all("svg [data-node]")) {
    box.classList.toggle("current", box.dataset.node === about);
    box.classList.toggle("used", nodes.has(box.dataset.node ?? ""));
  }
  const folds = (/** @type {Iterable<string>} */ names) => new Set([...names].map((name) => data.inside[name]));
  const [currentFolds, usedFolds] = [folds([about]), folds(nodes)];
  for (const picture of all("svg")) {
    all(".node.fold", picture).forEach((box, place) => {
      box.classList.toggle("current", currentFolds.has(place));
      box.classList.toggle("used", usedFolds.has(place));
    });
  }
  for (const edge of all("svg .edge[data-parameter]")) {
    edge.classList.toggle("current", parameters.has(edge.dataset.parameter ?? "") || about === `*${edge.dataset.parameter}`);
  }
  byId("step").replaceChildren(...(row ? formulaOf(row) : [element("p", { class: "why" }, "→ steps through the calculation; what a step is about lights up in the drawing.")]));
}

/** The nodes and the parameters whose numbers a step uses. @param {HTMLElement} row
 * @returns {[Set<string>, Set<string>]} */
function namesIn(row) {
  const [nodes, parameters] = [new Set(), new Set()];
  for (const symbol of all("td.right [data-q]", row)) {
    const [letter, n] = [(symbol.dataset.q ?? "")[0], parseInt((symbol.dataset.q ?? "").slice(1), 10)];
    if (!network) continue;
    if (letter === "P") parameters.add(network.parameters[n].name);
    else if ("VAD".includes(letter)) nodes.add(network.names[network.nodes[n].of]);
  }
  return [nodes, parameters];
}

/** What, formula, numbers and value of a row, and why. @param {HTMLElement} row */
function formulaOf(row) {
  const [left, right, numbers, value, why] = [...row.children];
  const line = element("div", { class: "formula" });
  line.append(...left.cloneNode(true).childNodes, " = ", ...right.cloneNode(true).childNodes);
  const second = element("div", { class: "formula" });
  const math = right.querySelector("math");
  const put = (state && math && withNumbers(math)) || numbers.firstChild?.cloneNode(true);
  if (put) second.append("= ", put, " ");
  const result = value.textContent?.trim();
  if (result) second.append("= ", element("strong", {}, result));
  const reason = element("div", { class: "why" });
  reason.append(...why.cloneNode(true).childNodes);
  return [line, second, reason];
}

/** @param {number} n */
function goTo(n) {
  document.documentElement.classList.toggle("stepping", n >= 0);
  current = Math.max(-1, Math.min(n, steps.length - 1));
  showStep();
}

function listenToSteps() {
  byId("player").hidden = false;
  byId("first").addEventListener("click", () => goTo(0));
  byId("back").addEventListener("click", () => goTo(Math.max(current - 1, 0)));
  byId("forth").addEventListener("click", () => goTo(current + 1));
  byId("end").addEventListener("click", () => goTo(-1));
  steps.forEach((row, n) => row.addEventListener("click", () => goTo(n)));
  document.addEventListener("keydown", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.altKey || event.ctrlKey || event.metaKey || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName)) return;
    if (target.classList.contains("scrolled") && target.scrollWidth > target.clientWidth) return;
    if (event.key === "ArrowRight") goTo(current + 1);
    else if (event.key === "ArrowLeft") goTo(current < 0 ? -1 : Math.max(current - 1, 0));
    else return;
    event.preventDefault();
  });
  showStep();
}
