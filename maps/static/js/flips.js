/**
 * Which change of a single value would put an area into another class, all else unchanged.
 *
 * @typedef {import("./explanation.js").Part} Part
 * @typedef {import("./explanation.js").Flip} Flip
 * @typedef {import("./i18n.js").Words} Words
 */

import { html } from "./elements.js";

const SIDES = /** @type {const} */ (["less_need", "more_need"]);
const TITLES = { less_need: "why.less_need", more_need: "why.more_need" };
const LEAST = { less_need: "why.least_less_need", more_need: "why.least_more_need" };

/**
 * For each side one sentence: the change that is smallest in relation to its value.
 *
 * @param {Part[]} parts
 * @param {Words} words
 * @returns {string[]}
 */
export function leastFlips(parts, words) {
  return SIDES.flatMap((side) => {
    const ways = parts
      .map((part) => ({ part, flip: flipOf(part, side) }))
      .filter(({ part, flip }) => part.value !== null && flip?.new_value !== null && flip?.new_class)
      .toSorted((a, b) => relative(a.part, a.flip) - relative(b.part, b.flip));
    if (!ways.length) return [];
    const { part, flip } = ways[0];
    return [
      words.t(LEAST[side], {
        number: flip?.new_class?.number ?? "",
        label: words.of(flip?.new_class?.label),
        indicator: words.of(part.indicator.title),
        from: words.number(part.value ?? 0, digits(part)),
        to: write(flip?.new_value ?? 0, part, words),
      }),
    ];
  });
}

/**
 * All changes as a table, folded.
 *
 * @param {Part[]} parts
 * @param {Words} words
 * @returns {HTMLElement[]}
 */
export function renderFlips(parts, words) {
  const { t } = words;
  const known = parts.flatMap((part) => part.flips);
  const sides = SIDES.filter((side) => known.some((flip) => flip.towards === side && flip.new_value !== null));
  if (known.length && !sides.length) return [html("p", { class: "why-no-flip" }, t("why.no_flip"))];
  if (!sides.length) return [];
  const cell = (/** @type {Part} */ part, /** @type {Flip|undefined} */ flip) => {
    if (!flip || flip.new_value === null) {
      return html("td", { class: "why-none" }, words.of(flip?.reason ?? undefined) || "–");
    }
    const into = flip.new_class ? t("why.into", { number: flip.new_class.number }) : "";
    return html("td", {}, write(flip.new_value, part, words), html("span", { class: "aside" }, into));
  };
  return [
    html(
      "details",
      {},
      html("summary", {}, t("why.flips")),
      html(
        "table",
        { class: "numbers" },
        html("caption", { class: "unseen" }, t("why.flips")),
        html(
          "thead",
          {},
          html(
            "tr",
            {},
            html("th", { scope: "col" }, t("why.indicator")),
            html("th", { scope: "col" }, t("table.value")),
            ...sides.map((side) => html("th", { scope: "col" }, t(TITLES[side]))),
          ),
        ),
        html(
          "tbody",
          {},
          ...parts.map((part) =>
            html(
              "tr",
              {},
              html("th", { scope: "row" }, words.of(part.indicator.title)),
              html("td", {}, part.value === null ? "–" : write(part.value, part, words)),
              ...sides.map((side) => cell(part, flipOf(part, side))),
            ),
          ),
        ),
      ),
    ),
  ];
}

/** @param {Part} part @param {Flip["towards"]} side */
const flipOf = (part, side) => part.flips.find((flip) => flip.towards === side);

/** @param {Part} part @param {Flip|undefined} flip */
function relative(part, flip) {
  const change = Math.abs((flip?.new_value ?? 0) - (part.value ?? 0));
  return part.value ? change / Math.abs(part.value) : change;
}

/** One digit at least: a change of less than one is a change. @param {Part} part */
const digits = (part) => Math.max(part.indicator.decimals, 1);

/** @param {number} value @param {Part} part @param {Words} words */
function write(value, part, words) {
  return words.value(value, { decimals: digits(part), unit: part.indicator.unit });
}
