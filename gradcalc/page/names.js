/** Paths in words, as `gradcalc` writes them: long ones without their middle, edges that nodes do not determine. */
"use strict";

const LONGEST = 4; // nodes of a path that are all written
const FEW_NODES = 10; // of a path up to which all are written that tell it from others
const MOST_OWN = 3; // nodes of a longer path that are written because other paths do not pass them
const MOST_WEIGHTS = 3; // on a path that are written by their names

/** h1 → … → y; before it the use of a tied parameter. @param {string[]} nodes @param {string | null} use
 * @param {boolean} whole */
function nodeList(nodes, use, whole = false) {
  const short = nodes.length > LONGEST && !whole && nodes.slice(1, -1).join("").length > 2;
  const shown = short ? [nodes[0], "…", nodes[nodes.length - 1]] : nodes;
  return (use === null || use === nodes[0] ? "" : `${use}: `) + shown.join(" → ");
}

/** From which node to which a path goes. @param {string[]} nodes */
const stepsOf = (nodes) => nodes.slice(1).map((node, place) => `${nodes[place]}→${node}`);

/** What all of these have. @param {string[][]} lists */
const inAll = (lists) => new Set(lists[0]?.filter((one) => lists.every((list) => list.includes(one))));

/** Several paths; of long ones the ends and the first that not all take; if few are in between, all by which not all go
 * on alike. @param {Path[]} paths */
function nodeLists(paths) {
  const [common, shared] = [inAll(paths.map(({ nodes }) => nodes)), inAll(paths.map(({ nodes }) => stepsOf(nodes)))];
  return paths.map(({ nodes, at }) => {
    const [inner, steps] = [nodes.map((_, place) => place).slice(1, -1), stepsOf(nodes)];
    const isOwn = (/** @type {number} */ place) => !shared.has(steps[place - 1]) || !shared.has(steps[place]);
    const isFew = nodes.length <= FEW_NODES;
    const own = isFew ? inner.filter(isOwn) : inner.filter((place) => !common.has(nodes[place])).slice(0, MOST_OWN);
    if (nodes.length <= LONGEST || !own.length) return nodeList(nodes, at);
    const parts = [nodes[0]];
    let last = 0;
    for (const place of [...own, nodes.length - 1]) {
      const between = nodes.slice(last + 1, place);
      parts.push(...(between.length <= 1 ? between : ["…"]), nodes[place]);
      last = place;
    }
    return nodeList(parts, at, true);
  });
}

/** w2, w3; w³ of three in a row; 18 weights, 20 skips. @param {string[]} through */
function edgeList(through) {
  const edges = through.filter((edge) => !edge.includes("→") || edge.startsWith("skip "));
  /** @type {[string, number][]} */
  const counted = [];
  for (const edge of edges) {
    const before = counted[counted.length - 1];
    if (before?.[0] === edge) before[1] += 1;
    else counted.push([edge, 1]);
  }
  const raised = (/** @type {number} */ count) => [...String(count)].map((one) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(one)]).join("");
  const shown = counted.map(([edge, count]) => edge + (count > 1 ? raised(count) : ""));
  const skips = shown.filter((edge) => edge.startsWith("skip "));
  const weights = shown.filter((edge) => !edge.startsWith("skip "));
  if (weights.length <= MOST_WEIGHTS && skips.length <= 1) return shown.join(", ");
  const named = weights.length <= MOST_WEIGHTS ? weights : [plural(edges.length - skips.length, "weight")];
  return [...named, ...(skips.length ? [plural(skips.length, "skip")] : [])].join(", ");
}

/** @param {number} count @param {string} noun */
const plural = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;
