/**
 * The functions that formulas call, for numbers and for the vectors and matrices of a layer, each in a form that loses
 * nothing to cancellation and overflows no earlier than its result.
 *
 * @typedef {number | number[] | number[][]} Value
 */
"use strict";

/** @param {number[]} terms */
const plus = (...terms) => terms.reduce((sum, term) => sum + term);
/** @param {number} a @param {number} b */
const minus = (a, b) => a - b;
/** @param {number[]} factors */
const times = (...factors) => factors.reduce((product, factor) => product * factor);
/** @param {number} a @param {number} b */
const over = (a, b) => a / b;
/** @param {number} a @param {number} b */
const power = (a, b) => (b === 2 ? a * a : Math.pow(a, b));
/** @param {number} a */
const negative = (a) => -a;
/** `above` where `of` is positive, else `below`. @param {number} above @param {number} below @param {number} of */
const cases = (above, below, of) => (of > 0 ? above : below);

/** 1/(1 + e^−x), by the power that does not overflow. @param {number} x */
function sigmoid(x) {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}
/** @param {number} x */
function sigmoid_derivative(x) {
  const e = Math.exp(-Math.abs(x));
  return e / (1 + e * (2 + e));
}
/** ln(1 + e^x). @param {number} x */
const softplus = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
/** ln cosh x. @param {number} x */
function log_cosh(x) {
  const distance = Math.abs(x);
  if (distance > 1) return distance + (Math.log1p(Math.exp(-2 * distance)) - Math.LN2);
  const half = Math.sinh(distance / 2);
  return Math.log1p(2 * half * half);
}
/** @param {number} x */
const expm1 = (x) => Math.expm1(x);
/** @param {number} x */
const relu = (x) => (x > 0 ? x : x * 0);
/** @param {number} x */
const step = (x) => (x > 0 ? 1 : 0);
/** @param {number} x */
const one_plus_tanh = (x) => 2 * sigmoid(2 * x);
/** @param {number} x */
const one_plus_erf = (x) => erfc(-x);
/** The derivative of max by its first argument, a tie shared. @param {number[]} parts */
function top_share(...parts) {
  const largest = Math.max(...parts);
  return parts[0] < largest ? 0 : 1 / Math.max(1, parts.filter((part) => part === largest).length);
}

/** erf x: its series near 0, elsewhere 1 − erfc x. @param {number} x @returns {number} */
function erf(x) {
  if (x < 0) return -erf(-x);
  if (x >= 0.75) return 1 - erfc(x);
  let term = x;
  let sum = x;
  for (let n = 1; term > 1e-17 * sum; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}
/** 1 − erf x: a continued fraction on the right, by reflection on the left. @param {number} x @returns {number} */
function erfc(x) {
  if (x < 0) return 2 - erfc(-x);
  if (!(x >= 0.75)) return 1 - erf(x);
  let fraction = 0;
  for (let n = Math.ceil(40 + 200 / (x * x)); n > 0; n--) fraction = n / 2 / (x + fraction);
  const high = Math.fround(x); // its square is exact: e^(−x²) would have the rounding of x² as its relative error
  const square = Math.exp(-high * high) * Math.exp((high - x) * (high + x));
  return square / (x + fraction) / Math.sqrt(Math.PI);
}

/** @param {Value} value @returns {value is any} */
const isList = (value) => typeof value !== "number";
/**
 * A function of numbers, entry by entry where parts are lists; a number goes with every entry.
 * @param {(...numbers: number[]) => number} f @param {...any} parts @returns {any}
 */
function each(f, ...parts) {
  const list = parts.find(isList);
  if (list === undefined) return f(...parts);
  return Array.from(list, (_, n) => each(f, ...parts.map((part) => (isList(part) ? part[n] : part))));
}
/** A product that is 0 where a factor is, whatever the others are. @param {...any} factors */
const weighted = (...factors) => each((...ones) => (ones.includes(0) ? 0 : times(...ones)), ...factors);
/** @param {any} value @returns {number[]} */
const listed = (value) => (isList(value) ? value : [value]);
/** @param {any} value */
const total_of = (value) => listed(value).reduce((sum, one) => sum + one, 0);
/** @param {any} value */
const mean = (value) => total_of(value) / listed(value).length;
/** @param {...any} parts */
const concat = (...parts) => parts.flatMap(listed);
/** @param {number} n */
const ones = (n) => Array(n).fill(1);
/** @param {number} n */
const identity = (n) => diag(ones(n));
/** @param {number[]} vector */
const diag = (vector) => vector.map((one, i) => vector.map((_, j) => (i === j ? one : 0)));
/** @param {any} a @param {any} b */
const outer = (a, b) => listed(a).map((one) => listed(b).map((other) => one * other));
/** The matrix with these numbers for its diagonal. @param {number[][]} matrix @param {any} vector */
const with_diagonal = (matrix, vector) =>
  matrix.map((row, i) => row.map((one, j) => (i === j ? listed(vector)[i] : one)));
/** For every unit the sum of the others, without a difference. @param {any} x */
const others = (x) => listed(x).map((_, i) => listed(x).reduce((sum, one, j) => (i === j ? sum : sum + one), 0));
/** Σ_c (x_c − x_i)(x_c − x_j). @param {number[]} x */
const products_about = (x) => x.map((a) => x.map((b) => x.reduce((sum, c) => sum + (c - a) * (c - b), 0)));
/** Σ (x_b − x_c)² over all pairs of the others. @param {number[]} x */
const squares_between_others = (x) =>
  x.map((_, i) => {
    const rest = x.filter((_, j) => j !== i);
    const middle = mean(rest);
    const apart = rest.map((one) => one - middle);
    const drift = total_of(apart);
    return rest.length * apart.reduce((sum, one) => sum + one * one, 0) - drift * drift;
  });
/** @param {any} x */
function log_softmax(x) {
  const list = listed(x);
  const largest = Math.max(...list);
  const place = list.indexOf(largest);
  const rest = list.reduce((sum, one, i) => (i === place ? sum : sum + Math.exp(one - largest)), 0);
  return list.map((one) => one - largest - Math.log1p(rest));
}
/** @param {any} x */
function softmax(x) {
  const list = listed(x);
  const powers = list.map((one) => Math.exp(one - Math.max(...list)));
  const sum = total_of(powers);
  return powers.map((one) => one / sum);
}
/** @param {number[]} x @param {number} pieces */
const groups = (x, pieces) =>
  Array.from({ length: x.length / pieces }, (_, n) => x.slice(n * pieces, (n + 1) * pieces));
/** @param {any} x @param {number} pieces */
const maxout = (x, pieces) => groups(listed(x), pieces).map((group) => Math.max(...group));
/** The Jacobian of maxout, a tie shared. @param {any} x @param {number} pieces */
const largest = (x, pieces) =>
  groups(listed(x), pieces).map((group, n) =>
    listed(x).map((one, i) => {
      const ties = group.filter((other) => other === Math.max(...group)).length;
      return Math.floor(i / pieces) === n && one === Math.max(...group) ? 1 / ties : 0;
    }),
  );
