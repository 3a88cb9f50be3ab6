/**
 * Numbers for people, as `gradcalc` writes them: rounded to significant digits, with powers of ten below 10⁻⁵ and from
 * 10⁷ on; one that the digits hold is written short, and the numbers of a column are written alike.
 *
 * @typedef {{negative: boolean, figures: string, exponent: number, needed: number}} Rounded
 */
"use strict";

/** @param {number} value @param {number} digits @returns {Rounded} */
function rounded(value, digits) {
  if (!Number.isFinite(value)) return { negative: value < 0, figures: value ? "∞" : "NaN", exponent: 0, needed: 1 };
  const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
  const figures = mantissa.replace(/[-.]/g, "");
  const nearest = Number(`${mantissa}e${exponent}`);
  const held = nearest === value || (nearest % 1 !== 0 && Math.abs(nearest - value) <= 2 ** -52 * Math.abs(value));
  const needed = held ? figures.replace(/0+$/, "").length || 1 : figures.length;
  return { negative: value < 0, figures, exponent: Number(exponent), needed };
}

/** Left of the decimal point, and the rest. @param {Rounded} number @param {number} digits @param {boolean} plain
 * @returns {[string, string]} */
function placed({ negative, figures, exponent }, digits, plain) {
  const sign = negative ? "−" : "";
  if (!/^\d/.test(figures)) return [sign + figures, ""];
  if (!/[1-9]/.test(figures)) return ["0", ""];
  const shown = figures.slice(0, Math.max(digits, 1));
  if (!plain) {
    const power = [...String(exponent)].map((one) => (one === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(one)])).join("");
    return [sign + shown[0], (shown.length > 1 ? "." + shown.slice(1) : "") + "×10" + power];
  }
  if (exponent < 0) return [sign + "0", "." + "0".repeat(-exponent - 1) + shown];
  const whole = shown.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  return [sign + whole, shown.length > exponent + 1 ? "." + shown.slice(exponent + 1) : ""];
}

/** @param {number} exponent */
const isPlain = (exponent) => exponent >= -5 && exponent < 7;

/** A number on its own. @param {number} value @param {number} digits */
function figure(value, digits) {
  const number = rounded(value, digits);
  return placed(number, number.needed, isPlain(number.exponent)).join("");
}

/** The numbers of a column, aligned on the decimal point. @param {number[]} values @param {number} digits */
function column(values, digits) {
  const numbers = values.map((value) => rounded(value, digits));
  const needed = Math.max(...numbers.map((number) => number.needed));
  const plain = numbers.every((number) => isPlain(number.exponent));
  const whole = plain && numbers.every((number) => number.needed <= number.exponent + 1);
  const parts = numbers.map((number) => placed(number, whole ? number.exponent + 1 : needed, plain));
  const left = Math.max(...parts.map((part) => part[0].length));
  const right = Math.max(...parts.map((part) => part[1].length));
  return parts.map((part) => part[0].padStart(left) + part[1].padEnd(right));
}

/** A share as a percentage. @param {number | null} part */
function percent(part) {
  if (part === null || Number.isNaN(part)) return "–";
  const size = Math.abs(part * 100);
  if (part !== 0 && size < 0.1) return part < 0 ? "> −0.1 %" : "< 0.1 %";
  return (part < 0 ? "−" : "") + (size < 1e7 ? size.toFixed(1) : figure(size, 3)) + " %";
}

/** A list by its entries, [a; b] or [a, b; c, d], with powers of ten in all or in none; of many its norm.
 * @param {number[]} values @param {number[]} shape @param {number} digits @param {string} between rows of a matrix */
function entries(values, shape, digits, between = " ") {
  if (values.length === 1) return figure(values[0], digits);
  if (values.length > 16) return `${shape.join("×")}, ‖·‖ = ${figure(Math.hypot(...values), digits)}`;
  const width = shape.length > 1 ? shape[1] : 1;
  const numbers = values.map((value) => rounded(value, digits));
  const plain = numbers.every((number) => isPlain(number.exponent));
  const written = numbers.map((number) => placed(number, number.needed, plain).join(""));
  const rows = Array.from({ length: written.length / width }, (_, n) => written.slice(n * width, (n + 1) * width));
  return "[" + rows.map((row) => row.join(", ")).join(";" + (width > 1 ? between : " ")) + "]";
}
