/** The paths of a gradient in the drawing: edges as wide as their shares, with these beside them. */
"use strict";

const THIN = 1.4; // an edge with no share of the gradient, in pixels
const BROAD = 7; // and one with all of it
const LONG = 150; // of an edge beside its label, from which there is room for the share there

/** The shares of edges in a gradient, over all its paths. @param {number} n @returns {Map<string, number>} */
function sharesOf(n) {
  if (network && point && state) {
    return edgeShares(network, point, state, data.subjects[n], gradientOf(data.subjects[n]), data.quantity);
  }
  /** @type {Map<string, number>} */
  const shares = new Map();
  (data.shares[n] ?? []).forEach((part, edge) => part !== null && shares.set(data.edges[edge], part));
  return shares;
}

/** Lights up the paths of a gradient in the drawing, by width and colour; null for none. @param {number | null} n */
function light(n) {
  const shares = n === null ? new Map() : sharesOf(n);
  const isLit = shares.size > 0;
  const name = n === null ? null : data.subjects[n].name;
  const lit = new Set();
  for (const edge of all("svg .edge[data-edge]")) {
    const names = data.together[edge.dataset.edge ?? ""] ?? [edge.dataset.edge ?? ""];
    const parts = names.map((one) => shares.get(one)).filter((one) => one !== undefined);
    const part = parts.length ? total_of(parts) : undefined;
    const own = name !== null && edge.dataset.parameter === name;
    edge.classList.toggle("lit", isLit && !!part);
    edge.classList.toggle("unlit", isLit && !part);
    edge.classList.toggle("same", isLit && (part ?? -1) > 0);
    edge.classList.toggle("opposite", isLit && (part ?? 1) < 0);
    edge.classList.toggle("subject", own);
    if (part) for (const end of ["from", "to"]) lit.add(edge.dataset[end] ?? "");
    if (edge.querySelector("path")) draw(edge, Math.abs(part ?? 0));
    tell(edge, part);
  }
  for (const box of all("svg [data-node]")) box.classList.toggle("lit", lit.has(box.dataset.node ?? ""));
  for (const body of all("tbody[data-gradient]")) body.classList.toggle("chosen", body.dataset.gradient === String(n));
}

/** An edge with the width of its share, and the head of its arrow. @param {Element} edge @param {number} part */
function draw(edge, part) {
  const [line, head] = /** @type {[SVGPathElement, Element]} */ (all("path, polygon", edge).map((one) => /** @type {any} */ (one)));
  const wide = THIN + (BROAD - THIN) * Math.min(part, 1);
  const [x, y] = (head.getAttribute("points") ?? "").split(" ").map(Number);
  const half = Math.max(4, wide * 1.1);
  const length = Math.max(6, half * 1.3);
  line.style.strokeWidth = String(wide);
  line.setAttribute("d", (line.getAttribute("d") ?? "").replace(/L[^L]*$/, `L${x - length + 1} ${y}`));
  head.setAttribute("points", `${x} ${y} ${x - length} ${y - half} ${x - length} ${y + half}`);
}

/** For every edge of the drawing its length and its middle. */
const lines = new Map(
  all("svg .edge[data-edge] path").map((one) => {
    const line = /** @type {SVGPathElement} */ (/** @type {unknown} */ (one));
    const length = line.getTotalLength();
    return [line.parentElement, { length, middle: line.getPointAtLength(length / 2) }];
  }),
);
/** @type {Map<Element, Element>} */
const shareTexts = new Map();
const SHARE_HALF = 24; // half the width of a share at an edge

/** The share at an edge: beside its label, or beneath where the edge is short. @param {HTMLElement} edge
 * @param {number | undefined} part */
function tell(edge, part) {
  const line = lines.get(edge);
  if (!line || edge.classList.contains("loss")) return;
  const found = shareTexts.get(edge) ?? newShare(edge);
  found.setAttribute("class", part ? `share ${part < 0 ? "opposite" : "same"}` : "share none");
  if (!part) return;
  const picture = /** @type {SVGSVGElement} */ (/** @type {unknown} */ (edge.closest("svg")));
  const paper = picture.querySelector(`.label[data-edge="${CSS.escape(edge.dataset.edge ?? "")}"] rect`);
  const [left, top, width, height] = ["x", "y", "width", "height"].map((key) => Number(paper?.getAttribute(key)));
  const isLong = line.length - width > LONG && left + width + 2 * SHARE_HALF < picture.viewBox.baseVal.width;
  const beneath = [left + width / 2, top + height + 7];
  const [x, y] = !paper ? [line.middle.x, line.middle.y] : isLong ? [left + width + SHARE_HALF, top + height / 2] : beneath;
  found.setAttribute("transform", `translate(${x} ${y})`);
  write(/** @type {Element} */ (found.lastChild), percent(part));
}

/** Where the share of an edge stands, in front of all lines. @param {HTMLElement} edge */
function newShare(edge) {
  const [group, paper, text] = ["g", "rect", "text"].map((name) => document.createElementNS("http://www.w3.org/2000/svg", name));
  const frame = { class: "paper", x: -SHARE_HALF, y: -6, width: 2 * SHARE_HALF, height: 12 };
  for (const [key, value] of Object.entries(frame)) paper.setAttribute(key, String(value));
  for (const [key, value] of Object.entries({ "text-anchor": "middle", "font-size": 11, y: 4 })) text.setAttribute(key, String(value));
  group.append(paper, text);
  edge.parentElement?.append(group);
  shareTexts.set(edge, group);
  return group;
}
