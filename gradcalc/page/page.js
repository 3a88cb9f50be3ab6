/**
 * What moves on the page: numbers that are computed anew, gradients and their largest paths. The calculation step by
 * step, paths that light up and sliders have files of their own. Without a script the page says the same of the spec's
 * own numbers.
 *
 * @typedef {{label: string, name: string, parameter: number | null, node: number | null}} Subject
 * @typedef {{digits: number, most: number, top: number, quantity: string, subjects: Subject[], network: Network | null,
 *   together: Record<string, string[]>, inside: Record<string, number>, edges: string[],
 *   shares: (number | null)[][]}} Data
 */
"use strict";

const ROOM = 9; // characters of a number in a box of the drawing
const ROOM_AT_EDGES = 6; // and of one at an edge
const WIDTH_OF_A_FIGURE = 7.2; // in a label, at most
const NO_SHARE = 1e-9; // a rest that is smaller is one of rounding

/** @param {string} selector @param {ParentNode} within @returns {HTMLElement[]} */
const all = (selector, within = document) => [...within.querySelectorAll(selector)].map((one) => /** @type {any} */ (one));
/** @param {string} id @returns {any} */
const byId = (id) => document.getElementById(id);
/** An element with a text and attributes. @param {string} name @param {Record<string, string>} attributes
 * @param {string} text @returns {any} */
function element(name, attributes = {}, text = "") {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}

/** @type {Data} */
const data = JSON.parse(byId("data").textContent);
data.digits = Math.min(data.digits, 100); // JavaScript writes no more
const network = data.network;
const point = network && startingPoint(network);
/** @type {State | null} */
let state = network && point && evaluate(network, point);
/** @type {number | null} */
let chosen = null;
const given = byId("given")?.textContent ?? ""; // the loss with the numbers of the spec
const ofLoss = all('#steps td.value[data-q="L"]')[0]?.parentElement; // the step that has them as a formula

/** The number, or numbers, of a key, with the shape of a matrix. @param {string} key
 * @returns {{values: number[], shape: number[]} | null} */
function valueOf(key) {
  if (!network || !point || !state) return null;
  const [place, at] = key.split("@");
  const [head, unit] = place.split(".");
  const [letter, n] = [head[0], Number(head.slice(1))];
  const example = state.examples[Number(at || 0)];
  /** @type {Record<string, () => any>} */
  const numbers = {
    L: () => [/** @type {State} */ (state).loss],
    V: () => example.values[n],
    A: () => example.adjoints[n],
    D: () => example.derivatives[n],
    P: () => point.parameters[n],
    G: () => /** @type {State} */ (state).gradients[n],
    T: () => point.targets[n][Number(at || 0)],
    S: () => gradientOf(data.subjects[n]),
  };
  const found = numbers[letter]?.();
  if (!found || isList(found[0])) return null;
  if (unit !== undefined) return { values: [found[Number(unit)]], shape: [] };
  const shape = letter === "P" || letter === "G" ? network.parameters[n].shape : [];
  return { values: found, shape: shape.length ? shape : [found.length] };
}

/** @param {Subject} subject @returns {number[]} */
function gradientOf({ parameter, node }) {
  if (!network || !state) return [];
  if (parameter !== null) return state.gradients[parameter];
  return state.examples.flatMap((example) => example.adjoints[network.outputs[node ?? 0]]);
}

/** Text for a key. @param {string} key @param {string} between rows of a matrix */
function textOf(key, between = " ") {
  const found = valueOf(key);
  return found === null ? null : entries(found.values, found.shape, data.digits, between);
}

// ---------------------------------------------------------------------------------------------- numbers on the page

/** A text where it has changed. @param {Element} where @param {string} text */
function write(where, text) {
  if (where.textContent !== text) where.textContent = text;
}

/** Every number of the page anew. */
function renew() {
  if (!network || !point) return;
  state = evaluate(network, point);
  renewColumns();
  renewDrawing();
  for (const cell of all("#loss [data-q], td.entries[data-q]")) {
    write(cell, textOf(cell.dataset.q ?? "", "\n ") ?? "");
  }
  renewNumbers();
  renewPaths();
  const moved = knobs.some((knob, n) => !Object.is(knob.get(), starts[n]));
  byId("moved").hidden = !moved;
  byId("of-spec").hidden = moved;
  renewLoss(moved);
  showReadout();
  showStep();
  light(chosen);
}

/** The formulas of the derivation with numbers put in: those that have some on the page, or every one. */
function renewNumbers(every = false) {
  for (const cell of all("#steps td.numbers")) {
    const right = cell.parentElement?.querySelector("td.right math");
    if (right && (cell.firstChild || every)) cell.replaceChildren(withNumbers(right) ?? "");
  }
}

/** The loss with its numbers put in, where the formula is one of numbers; where the spec's hold as the page has it.
 * @param {boolean} moved */
function renewLoss(moved) {
  const math = ofLoss?.querySelector("td.right math");
  const put = moved && math ? withNumbers(math) : null;
  if (!math || !put) return write(byId("given"), moved ? `${data.quantity} = ` : given);
  const formula = /** @type {Element} */ (math.cloneNode(true));
  all("[data-q]", formula).forEach((symbol) => symbol.removeAttribute("data-q")); // they stay symbols
  byId("given").replaceChildren(`${data.quantity} = `, formula, " = ", put, " = ");
}

/** The columns of tables, aligned. */
function renewColumns() {
  for (const table of all("#passes, #gradients, #steps")) {
    /** @type {Map<number, HTMLElement[]>} */
    const columns = new Map();
    for (const cell of /** @type {HTMLTableCellElement[]} */ (all("td.number[data-q]", table))) {
      columns.set(cell.cellIndex, [...(columns.get(cell.cellIndex) ?? []), cell]);
    }
    for (const cells of columns.values()) {
      const texts = column(cells.map((cell) => valueOf(cell.dataset.q ?? "")?.values[0] ?? NaN), data.digits);
      cells.forEach((cell, n) => write(cell, texts[n]));
    }
  }
}

/** The numbers in the drawing. */
function renewDrawing() {
  if (!network) return;
  for (const part of all("svg [data-number]")) {
    const of = part.dataset.of ?? "";
    const node = network.names.indexOf(of);
    const parameter = network.parameters.findIndex(({ name }) => name === of);
    const end = network.ends.find((one) => network.names[network.nodes[one.node].of] === of);
    /** @type {Record<string, string>} */
    const keys = {
      output: `V${network.outputs[node]}`,
      parameter: `P${parameter}`,
      target: `T${end?.target ?? 0}`,
      loss: "L",
    };
    const key = keys[part.dataset.number ?? ""];
    const found = key === undefined || key.includes("-1") ? null : valueOf(key);
    if (!found || (key[0] === "T" && found.values.length > 1)) continue; // a class is drawn by its number
    const value = found.values.length > 1 ? Math.hypot(...found.values) : found.values[0];
    const text = fitted(value, rooms.get(part) ?? ROOM);
    if (part.textContent !== text) {
      part.textContent = text;
      fitLabel(part);
    }
  }
}

/** The paper behind a label as wide as its text. @param {Element} part */
function fitLabel(part) {
  const paper = part.closest(".label")?.querySelector("rect");
  const text = part.parentElement;
  if (!paper || !text) return;
  const width = (text.textContent?.length ?? 0) * WIDTH_OF_A_FIGURE + 4;
  paper.setAttribute("width", String(width));
  paper.setAttribute("x", String(Number(text.getAttribute("x")) - width / 2));
}

/** For every number of the drawing how many characters it may have. */
const rooms = new Map(
  all("svg [data-number]").map((part) => {
    const room = part.closest(".label") ? ROOM_AT_EDGES : ROOM;
    return [part, Math.max(room, part.textContent?.length ?? 0)];
  }),
);

/** A number in so many characters, of as many digits as these hold. @param {number} value @param {number} room */
function fitted(value, room) {
  for (let digits = data.digits; digits > 1; digits--) {
    const text = figure(value, digits);
    if (text.length <= room) return text;
  }
  return figure(value, 1);
}

/** A formula with its numbers in place of its symbols; null where there is one without a number. @param {Element} math */
function withNumbers(math) {
  const made = /** @type {Element} */ (math.cloneNode(true));
  const symbols = [...made.querySelectorAll("[data-q]")];
  if (!symbols.length) return null;
  for (const symbol of symbols) {
    const text = textOf(symbol.getAttribute("data-q") ?? "");
    if (text === null) return null;
    const inside = needsParentheses(symbol, text) ? `(${text})` : text;
    const number = document.createElementNS("http://www.w3.org/1998/Math/MathML", "mn");
    number.textContent = inside;
    symbol.replaceWith(number);
  }
  return made;
}

/** Whether a number has to be put in parentheses: one with a sign behind an operator, or below an exponent.
 * @param {Element} symbol @param {string} text */
function needsParentheses(symbol, text) {
  const before = symbol.previousElementSibling?.textContent ?? "";
  const parent = symbol.parentElement;
  const powered = parent?.parentElement?.localName === "msup" && parent === parent.parentElement.firstElementChild;
  if (powered) return /[−×]/.test(text);
  return text.startsWith("−") && before !== "" && before !== "(" && before !== "[" && before !== "|";
}

// ------------------------------------------------------------------------------------------------ gradients and paths

/** The largest paths of every gradient, and the rows that show them. */
function renewPaths() {
  if (!network || !point || !state) return;
  const found = largestPaths(network, point, state, data.subjects, data.top);
  byId("gradients")?.classList.toggle("of-spec", found === null);
  if (found === null) return;
  const shown = found.map((list, n) => list.slice(0, n === chosen ? data.top : data.most));
  const sizes = shown.flatMap((list) => list.map(({ contribution }) => sizeOf(contribution)));
  const texts = sizes.length ? column(sizes, data.digits) : [];
  const widest = Math.max(1, ...shown.flatMap((list, n) => list.map((path) => Math.abs(shareOf(path, n) ?? 0))));
  shown.forEach((list, n) => {
    const body = document.querySelector(`tbody[data-gradient="${n}"]`);
    if (body) rewrite(body, list, n, texts.splice(0, list.length), widest);
  });
}

/** @param {Path} path @param {number} n */
const shareOf = (path, n) => share(path.contribution, gradientOf(data.subjects[n]));
/** @param {number[]} values */
const sizeOf = (values) => (values.length > 1 ? Math.hypot(...values) : values[0]);

/** The rows of one gradient. @param {Element} body @param {Path[]} list @param {number} n @param {string[]} texts
 * @param {number} widest */
function rewrite(body, list, n, texts, widest) {
  const first = body.firstElementChild;
  if (!first || !list.length) return;
  const cells = [...first.children].slice(0, 4);
  const more = countOf(cells[3]) - BigInt(list.length);
  cells.forEach((cell) => cell.setAttribute("rowspan", String(list.length + (more > 0n ? 1 : 0))));
  const rest = more > 0n ? 1 : 0;
  if (body.children.length !== list.length + rest) {
    const rows = list.map(() => rowOf(["td", "td", "td.number", "td.number", "td.bar"]));
    if (rest) rows.push(rowOf(["td", "td", "td.number", "td"]));
    if (rest) rows[list.length].firstChild.colSpan = 2;
    rows[0].prepend(...cells);
    body.replaceChildren(...rows);
  }
  const names = nodeLists(list);
  list.forEach((path, place) => {
    const [where, through, size, part, bar] = [...body.children[place].children].slice(place ? 0 : 4);
    const own = shareOf(path, n);
    where.setAttribute("title", path.nodes.join(" → "));
    write(where, names[place]);
    write(through, edgeList(path.through));
    write(size, texts[place]);
    write(part, percent(own).padStart(8));
    const drawn = /** @type {HTMLElement} */ (bar.firstElementChild ?? bar.appendChild(element("span")));
    drawn.className = (own ?? 0) < 0 ? "opposite" : "same";
    drawn.style.width = `${own === null ? 0 : ((Math.abs(own) / widest) * 100).toFixed(2)}%`;
  });
  if (rest) tellRest(body.children[list.length], list.map((path) => shareOf(path, n)), more);
}

/** A row of empty cells. @param {string[]} kinds */
function rowOf(kinds) {
  const row = element("tr");
  for (const kind of kinds) {
    const [name, type] = kind.split(".");
    row.append(element(name, type ? { class: type } : {}));
  }
  return row;
}

/** How many paths a gradient has, as its cell tells it. @param {Element} cell */
const countOf = (cell) => BigInt((cell.textContent ?? "0").replaceAll(",", ""));

/** The row of all paths that are not listed, with what is left for them. @param {Element} row
 * @param {(number | null)[]} shares @param {bigint} more */
function tellRest(row, shares, more) {
  const sum = shares.reduce((total, part) => (total === null || part === null ? null : total + part), 0);
  const rest = sum === null ? null : Math.abs(1 - sum) > NO_SHARE ? 1 - sum : 0;
  const grouped = String(more).replace(/\B(?=(\d{3})+$)/g, ",");
  write(row.children[0], `and ${grouped} more ${more === 1n ? "path" : "paths"}`);
  write(row.children[2], (rest === 0 ? "0 %" : percent(rest)).padStart(8));
}

/** Chooses a gradient for good, or gives it up again. @param {number} n */
function choose(n) {
  chosen = chosen === n ? null : n;
  for (const body of all("tbody[data-gradient]")) {
    const pressed = body.dataset.gradient === String(chosen);
    body.querySelector("button")?.setAttribute("aria-pressed", String(pressed));
  }
  renewPaths();
  light(chosen);
  showReadout();
}

/** Buttons, and edges of the drawing, that show the paths of a gradient. */
function listenToGradients() {
  for (const body of all("tbody[data-gradient]")) {
    const n = Number(body.dataset.gradient);
    const button = /** @type {HTMLButtonElement} */ (body.querySelector("button"));
    button.disabled = false;
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => choose(n));
    button.addEventListener("focus", () => light(n));
    button.addEventListener("blur", () => light(chosen));
    body.addEventListener("mouseenter", () => light(n));
    body.addEventListener("mouseleave", () => light(chosen));
  }
  for (const edge of all("svg .edge[data-parameter]")) {
    const n = data.subjects.findIndex(({ name }) => name === edge.dataset.parameter);
    if (n < 0) continue;
    edge.addEventListener("mouseenter", () => light(n));
    edge.addEventListener("mouseleave", () => light(chosen));
    edge.addEventListener("click", () => choose(n));
  }
}
