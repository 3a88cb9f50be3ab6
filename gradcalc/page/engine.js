/**
 * The network computed in the page: values forward, adjoints back, gradients, and the paths that they are made of.
 *
 * A network comes as a list of nodes in order of computation, each made of the nodes that its arcs read; functions and
 * their derivatives come from the rows of activations, joins and losses, as `activations`, `joins` and `losses`.
 *
 * @typedef {{tail: number, weight: number | null, offset: number, label: string | null, use: string | null,
 *   edge: string | null}} Arc
 * @typedef {{kind: "input" | "affine" | "activation" | "join", of: number, width: number, arcs: Arc[],
 *   bias: number | null, alpha: number | null, rule: number, biasUse: string | null, alphaUse: string | null}} GraphNode
 * @typedef {{name: string, shape: number[], values: number[]}} Parameter
 * @typedef {{node: number, x: number, target: number | null, rule: number, factor: number}} End
 * @typedef {{names: string[], nodes: GraphNode[], parameters: Parameter[], inputs: number[][][], targets: number[][][],
 *   ends: End[], examples: number, reduction: number, outputs: number[]}} Network
 * @typedef {{parameters: number[][], inputs: number[][][], targets: number[][][]}} Point
 * @typedef {{values: number[][], derivatives: any[], adjoints: number[][]}} Example
 * @typedef {{loss: number, examples: Example[], gradients: number[][]}} State
 * @typedef {{head: number, arc: Arc, next: Step | null}} Step a path from a node on, as a linked list
 * @typedef {{nodes: string[], through: string[], at: string | null, contribution: number[]}} Path
 */
"use strict";

const MOST_PATHS = 2000; // of all gradients together, up to which all are listed where layers have several units

/** The point that the page was made at. @param {Network} network @returns {Point} */
function startingPoint(network) {
  return structuredClone({
    parameters: network.parameters.map((parameter) => parameter.values),
    inputs: network.inputs,
    targets: network.targets,
  });
}

/** Everything at a point. @param {Network} network @param {Point} point @returns {State} */
function evaluate(network, point) {
  /** @type {State} */
  const state = { loss: 0, examples: [], gradients: point.parameters.map((values) => values.map(() => 0)) };
  for (let example = 0; example < network.examples; example++) {
    const found = forward(network, point, example);
    state.loss += startBackward(network, point, found, example);
    for (let head = network.nodes.length - 1; head >= 0; head--) {
      const adjoint = found.adjoints[head];
      for (const arc of network.nodes[head].arcs) {
        const part = passed(network, point, found, head, arc, adjoint);
        part.forEach((one, unit) => (found.adjoints[arc.tail][unit] += one));
      }
      for (const use of usesAt(network, head)) {
        byParameter(network, found, head, use, adjoint).forEach((one, n) => (state.gradients[use.parameter][n] += one));
      }
    }
    state.examples.push(found);
  }
  state.loss /= network.reduction;
  return state;
}

/** Values and local derivatives of an example. @param {Network} network @param {Point} point @param {number} example
 * @returns {Example} */
function forward(network, point, example) {
  /** @type {Example} */
  const found = { values: [], derivatives: [], adjoints: network.nodes.map((node) => Array(node.width).fill(0)) };
  network.nodes.forEach((node, n) => {
    const sources = node.arcs.map((arc) => found.values[arc.tail]);
    if (node.kind === "input") found.values.push(point.inputs[n][example]);
    else if (node.kind === "affine") found.values.push(weighedSum(network, point, node, sources));
    else if (node.kind === "join") {
      const rows = Array.from({ length: node.width }, (_, unit) => sources.map((source) => source[unit]));
      found.values.push(rows.map((row) => joins[node.rule].value(row)));
      found.derivatives[n] = rows.map((row) => joins[node.rule].derivatives(row));
    } else activate(point, node, n, sources[0], found);
  });
  return found;
}

/** z = Σ W·v + b. @param {Network} network @param {Point} point @param {GraphNode} node @param {number[][]} sources */
function weighedSum(network, point, node, sources) {
  const sum = Array(node.width).fill(0);
  node.arcs.forEach(({ weight, offset }, n) => {
    const shape = weight === null ? [] : network.parameters[weight].shape;
    const weights = weight === null ? [1] : point.parameters[weight];
    if (!shape.length) sources[n].forEach((one, unit) => (sum[offset + unit] += weights[0] * one));
    else {
      for (let place = 0, row = 0; row < shape[0]; row++) {
        for (const one of sources[n]) sum[offset + row] += weights[place++] * one;
      }
    }
  });
  if (node.bias !== null) {
    const bias = point.parameters[node.bias];
    for (let unit = 0; unit < node.width; unit++) sum[unit] += bias[bias.length > 1 ? unit : 0];
  }
  return sum;
}

/** a = σ(z) and σ′(z). @param {Point} point @param {GraphNode} node @param {number} n @param {number[]} z
 * @param {Example} found */
function activate(point, node, n, z, found) {
  const rule = activations[node.rule];
  const alphas = node.alpha === null ? [] : point.parameters[node.alpha];
  if (rule.couples) {
    found.values.push(filled(rule.value(z), node.width));
    const jacobian = rule.derivative(z, found.values[n]);
    found.derivatives[n] = isList(jacobian) ? jacobian : [[jacobian]];
    return;
  }
  const alpha = (/** @type {number} */ unit) => alphas[alphas.length > 1 ? unit : 0];
  found.values.push(z.map((one, unit) => rule.value(one, alpha(unit))));
  found.derivatives[n] = z.map((one, unit) => rule.derivative(one, found.values[n][unit], alpha(unit)));
}

/** A vector, of a number one with that for every unit. @param {any} value @param {number} width @returns {number[]} */
const filled = (value, width) => (isList(value) ? value : Array(width).fill(value));

/** The loss of an example; its derivatives are where adjoints start. @param {Network} network @param {Point} point
 * @param {Example} found @param {number} example */
function startBackward(network, point, found, example) {
  let loss = 0;
  for (const { node, x, target, rule, factor } of network.ends) {
    const [y, z] = [found.values[node], found.values[x]];
    const t = target === null ? y : point.targets[target][example];
    loss += factor * total_of(filled(losses[rule].terms(y, t, z), y.length));
    const derivatives = filled(losses[rule].derivatives(y, t, z), y.length);
    derivatives.forEach((one, unit) => (found.adjoints[node][unit] += (factor * one) / network.reduction));
  }
  return loss;
}

/** What an adjoint of a node adds to that of one that it reads. @param {Network} network @param {Point} point
 * @param {Example} found @param {number} head @param {Arc} arc @param {number[]} adjoint @returns {number[]} */
function passed(network, point, found, head, arc, adjoint) {
  const node = network.nodes[head];
  const width = network.nodes[arc.tail].width;
  const derivatives = found.derivatives[head];
  if (node.kind === "join") return adjoint.map((one, unit) => one * derivatives[unit][node.arcs.indexOf(arc)]);
  if (node.kind === "activation") {
    if (!activations[node.rule].couples) return adjoint.map((one, unit) => one * derivatives[unit]);
    return Array.from({ length: width }, (_, j) => adjoint.reduce((sum, one, i) => sum + one * derivatives[i][j], 0));
  }
  const shape = arc.weight === null ? [] : network.parameters[arc.weight].shape;
  const weights = arc.weight === null ? [1] : point.parameters[arc.weight];
  if (!shape.length) return adjoint.slice(arc.offset, arc.offset + width).map((one) => one * weights[0]);
  const sum = Array(width).fill(0);
  for (let place = 0, row = 0; row < shape[0]; row++) {
    for (let unit = 0; unit < width; unit++) sum[unit] += adjoint[arc.offset + row] * weights[place++];
  }
  return sum;
}

/** The parameters at work in a node. @param {Network} network @param {number} head
 * @returns {{parameter: number, arc: Arc | null, at: string | null}[]} */
function usesAt(network, head) {
  const { arcs, bias, alpha, biasUse, alphaUse } = network.nodes[head];
  /** @type {{parameter: number, arc: Arc | null, at: string | null}[]} */
  const uses = [];
  for (const arc of arcs) if (arc.weight !== null) uses.push({ parameter: arc.weight, arc, at: arc.use });
  if (bias !== null) uses.push({ parameter: bias, arc: null, at: biasUse });
  if (alpha !== null) uses.push({ parameter: alpha, arc: null, at: alphaUse });
  return uses;
}

/** ∂L/∂ a parameter by one use, entry by entry. @param {Network} network @param {Example} found @param {number} head
 * @param {{parameter: number, arc: Arc | null}} use @param {number[]} adjoint @returns {number[]} */
function byParameter(network, found, head, { parameter, arc }, adjoint) {
  const node = network.nodes[head];
  const size = network.parameters[parameter].values.length;
  if (arc === null) {
    const factors = node.kind === "activation" ? byAlpha(network, found, node) : adjoint.map(() => 1);
    const each = adjoint.map((one, unit) => one * factors[unit]);
    return size > 1 ? each : [total_of(each)];
  }
  const source = found.values[arc.tail];
  const shape = network.parameters[parameter].shape;
  if (!shape.length) return [source.reduce((sum, one, unit) => sum + one * adjoint[arc.offset + unit], 0)];
  return Array.from({ length: shape[0] }, (_, row) => source.map((one) => adjoint[arc.offset + row] * one)).flat();
}

/** ∂a/∂alpha of every unit. @param {Network} network @param {Example} found @param {GraphNode} node */
const byAlpha = (network, found, node) =>
  found.values[node.arcs[0].tail].map((z) => activations[node.rule].byAlpha?.(z) ?? NaN);

/**
 * The share of every edge in a gradient: the sum of the shares of all paths that take it. With v = g/⟨g, g⟩ as a change
 * of what the gradient g is of, that of an edge from a to b is ∂L/∂b · ∂b/∂a · (change of a).
 * @param {Network} network @param {Point} point @param {State} state
 * @param {{parameter: number | null, node: number | null}} subject @param {number[]} gradient @param {string} quantity
 * @returns {Map<string, number>} by the names of edges in the drawing
 */
function edgeShares(network, point, state, { parameter, node }, gradient, quantity) {
  /** @type {Map<string, number>} */
  const shares = new Map();
  const size = Math.hypot(...gradient);
  if (!(size > 0 && size < Infinity)) return shares;
  const v = gradient.map((one) => one / size / size);
  const output = node === null ? null : network.outputs[node];
  state.examples.forEach((found, e) => {
    /** @type {(number[] | undefined)[]} */
    const changes = [];
    const count = (/** @type {string} */ edge, /** @type {number[]} */ adjoint, /** @type {number[]} */ moved) =>
      shares.set(edge, (shares.get(edge) ?? 0) + total_of(moved.map((one, unit) => one * adjoint[unit])));
    network.nodes.forEach(({ of, arcs, width }, head) => {
      const parts = usesAt(network, head)
        .filter((use) => use.parameter === parameter)
        .map(({ arc }) => changeByParameter(network, found, head, arc, v));
      if (head === output) parts.push(v.slice(e * width, (e + 1) * width));
      for (const arc of arcs) {
        const change = changes[arc.tail];
        if (!change) continue;
        const moved = pushed(network, point, found, head, arc, change);
        parts.push(moved);
        if (network.nodes[arc.tail].of !== of && arc.edge !== null) count(arc.edge, found.adjoints[head], moved);
      }
      if (parts.length) changes[head] = parts.reduce((sum, part) => sum.map((one, unit) => one + part[unit]));
    });
    for (const { node: end } of network.ends) {
      const change = changes[end];
      const edge = `${network.names[network.nodes[end].of]}→${quantity}`;
      if (change) count(edge, startsAt(network, point, state, end)[e], change);
    }
  });
  return shares;
}

/** How a node changes with a parameter at work in it that changes by v. @param {Network} network
 * @param {Example} found @param {number} head @param {Arc | null} arc @param {number[]} v @returns {number[]} */
function changeByParameter(network, found, head, arc, v) {
  const node = network.nodes[head];
  const each = (/** @type {number} */ unit) => v[v.length > 1 ? unit : 0];
  if (arc === null) {
    const factors = node.kind === "activation" ? byAlpha(network, found, node) : Array(node.width).fill(1);
    return factors.map((one, unit) => one * each(unit));
  }
  const change = Array(node.width).fill(0);
  const source = found.values[arc.tail];
  const shape = arc.weight === null ? [] : network.parameters[arc.weight].shape;
  if (!shape.length) source.forEach((one, unit) => (change[arc.offset + unit] = v[0] * one));
  else for (let place = 0, row = 0; row < shape[0]; row++) for (const one of source) change[arc.offset + row] += v[place++] * one;
  return change;
}

/** How a node changes with one that it reads. @param {Network} network @param {Point} point @param {Example} found
 * @param {number} head @param {Arc} arc @param {number[]} change @returns {number[]} */
function pushed(network, point, found, head, arc, change) {
  const node = network.nodes[head];
  const derivatives = found.derivatives[head];
  if (node.kind === "join") return change.map((one, unit) => one * derivatives[unit][node.arcs.indexOf(arc)]);
  if (node.kind === "activation") {
    if (!activations[node.rule].couples) return change.map((one, unit) => one * derivatives[unit]);
    return Array.from({ length: node.width }, (_, i) => total_of(change.map((one, j) => one * derivatives[i][j])));
  }
  const moved = Array(node.width).fill(0);
  const shape = arc.weight === null ? [] : network.parameters[arc.weight].shape;
  const weights = arc.weight === null ? [1] : point.parameters[arc.weight];
  if (!shape.length) change.forEach((one, unit) => (moved[arc.offset + unit] = one * weights[0]));
  else for (let place = 0, row = 0; row < shape[0]; row++) for (const one of change) moved[arc.offset + row] += one * weights[place++];
  return moved;
}

/** How many paths lead from every node to the loss. @param {Network} network */
function pathCounts(network) {
  const counts = network.nodes.map(() => 0);
  for (const { node } of network.ends) counts[node] += 1;
  for (let head = network.nodes.length - 1; head >= 0; head--) {
    for (const arc of network.nodes[head].arcs) counts[arc.tail] += counts[head];
  }
  return counts;
}

/** Whether a path is a product of numbers. @param {Network} network */
const isScalar = (network) => network.examples === 1 && network.nodes.every((node) => node.width === 1);

/**
 * The `most` largest paths of every gradient, of parameters and of nodes; null where they are too many to be listed.
 * @param {Network} network @param {Point} point @param {State} state
 * @param {{parameter: number | null, node: number | null}[]} subjects @param {number} most @returns {Path[][] | null}
 */
function largestPaths(network, point, state, subjects, most) {
  const scalar = isScalar(network);
  const counts = pathCounts(network);
  const all = network.nodes.reduce((sum, _, head) => sum + counts[head] * (1 + usesAt(network, head).length), 0);
  if (!scalar && all > MOST_PATHS) return null;
  const keep = scalar ? most : Infinity;
  /** @type {{adjoints: number[][], next: Step | null}[][]} */
  const suffixes = network.nodes.map(() => []);
  for (const { node } of network.ends) suffixes[node].push({ adjoints: startsAt(network, point, state, node), next: null });
  /** @type {Path[][]} */
  const found = subjects.map(() => []);
  const ofParameter = new Map(subjects.map(({ parameter }, n) => [parameter, n]));
  const ofOutput = new Map(subjects.map(({ node }, n) => [node === null ? null : network.outputs[node], n]));
  for (let head = network.nodes.length - 1; head >= 0; head--) {
    const node = network.nodes[head];
    const output = ofOutput.get(head);
    for (const { adjoints, next } of largestFirst(suffixes[head], (suffix) => suffix.adjoints.flat()).slice(0, keep)) {
      for (const arc of node.arcs) {
        const before = adjoints.map((one, e) => passed(network, point, state.examples[e], head, arc, one));
        suffixes[arc.tail].push({ adjoints: before, next: { head, arc, next } });
      }
      for (const use of usesAt(network, head)) {
        const subject = ofParameter.get(use.parameter);
        if (subject === undefined) continue;
        const parts = adjoints.map((one, e) => byParameter(network, state.examples[e], head, use, one));
        const contribution = parts.reduce((sum, part) => sum.map((one, n) => one + part[n]));
        found[subject].push(described(network, head, use, next, contribution));
      }
      if (output !== undefined) found[output].push(described(network, head, null, next, adjoints.flat()));
    }
    suffixes[head] = []; // what a gradient's path needs of it is in the lists behind it
  }
  return found.map((paths) => largestFirst(paths, (path) => path.contribution).slice(0, most));
}

/** ∂L/∂ the output of an end, by itself. @param {Network} network @param {Point} point @param {State} state
 * @param {number} end @returns {number[][]} */
function startsAt(network, point, state, end) {
  const alone = { ...network, ends: network.ends.filter(({ node }) => node === end) };
  return state.examples.map((example, e) => {
    const fresh = { ...example, adjoints: network.nodes.map((node) => Array(node.width).fill(0)) };
    startBackward(alone, point, fresh, e);
    return fresh.adjoints[end];
  });
}

/** Sorted by size, √Σx². @template T @param {T[]} list @param {(one: T) => number[]} numbers @returns {T[]} */
function largestFirst(list, numbers) {
  const sized = list.map((one) => ({ one, size: Math.hypot(...numbers(one)) }));
  return sized.sort((a, b) => b.size - a.size).map(({ one }) => one);
}

/** A path by the names of what it passes. @param {Network} network @param {number} head
 * @param {{at: string | null} | null} use @param {Step | null} next @param {number[]} contribution
 * @returns {Path} */
function described(network, head, use, next, contribution) {
  const nodes = [network.names[network.nodes[head].of]];
  /** @type {Path} */
  const path = { nodes, through: [], at: use?.at ?? null, contribution };
  for (let step = next; step !== null; step = step.next) {
    if (step.arc.label === null) continue;
    nodes.push(network.names[network.nodes[step.head].of]);
    path.through.push(step.arc.label);
  }
  return path;
}

/** ⟨contribution, gradient⟩/⟨gradient, gradient⟩, null where that is 0. @param {number[]} contribution
 * @param {number[]} gradient */
function share(contribution, gradient) {
  const size = Math.hypot(...gradient);
  return size === 0 ? null : gradient.reduce((sum, one, n) => sum + (one / size) * (contribution[n] / size), 0);
}
