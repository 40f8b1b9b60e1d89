/**
 * Why an area has its index and its class: the plain sentence, what each indicator adds, how near the next class is and
 * how sure the class is. All numbers and sentences come from the service.
 *
 * @typedef {import("./types.js").Text} Text
 * @typedef {import("./i18n.js").Words} Words
 *
 * @typedef {object} AreaClass
 * @property {number} number
 * @property {Text} label
 *
 * @typedef {object} Flip the least change of one value that leads to another class
 * @property {"less_need"|"more_need"} towards
 * @property {number|null} new_value
 * @property {number|null} change
 * @property {AreaClass|null} new_class
 * @property {Text|null} reason why there is no such change
 *
 * @typedef {object} Part
 * @property {{id: string, title: Text, unit: string, decimals: number}} indicator
 * @property {number|null} value
 * @property {number|null} contribution
 * @property {Flip[]} flips
 *
 * @typedef {object} Explanation
 * @property {{id: string, title: Text, unit: string, decimals: number}} index
 * @property {{id: string, title: Text}} method
 * @property {number|null} value
 * @property {AreaClass|null} area_class
 * @property {number|null} average_area
 * @property {number|null} filled_in
 * @property {Part[]} contributions
 * @property {{about: string, sentence: Text}[]} sentences
 */

import { html } from "./elements.js";
import { leastFlips, renderFlips } from "./flips.js";
import { signedBar } from "./signed-bar.js";

/**
 * @param {Explanation} explanation
 * @param {Words} words
 * @returns {HTMLElement[]}
 */
export function renderExplanation(explanation, words) {
  const { t, of } = words;
  const about = (/** @type {string} */ name) =>
    explanation.sentences.filter((item) => item.about === name).map((item) => of(item.sentence));
  const lead = [...about("position"), ...about("reason")].map((text) => html("p", { class: "why-lead" }, text));
  if (explanation.value === null) return lead;
  const near = [...about("limits"), ...leastFlips(explanation.contributions, words)];
  return [
    ...lead,
    html("h4", {}, t("why.parts")),
    partsTable(explanation, words),
    html("p", { class: "note" }, t("why.parts_note")),
    ...listed(t("why.near"), near),
    ...renderFlips(explanation.contributions, words),
    ...listed(t("why.certainty"), about("certainty")),
    html("p", { class: "note" }, t("why.method", { method: of(explanation.method.title) })),
  ];
}

/** @param {string} title @param {string[]} sentences */
function listed(title, sentences) {
  if (!sentences.length) return [];
  return [
    html("h4", {}, title),
    html("ul", { class: "why-list" }, ...sentences.map((text) => html("li", {}, text))),
  ];
}

/**
 * The bars, the numbers beside them, and their sum: the table is the drawing.
 *
 * @param {Explanation} explanation
 * @param {Words} words
 */
function partsTable({ contributions, average_area: average, filled_in: filled, value, index }, words) {
  const { t, of } = words;
  const largest = Math.max(...contributions.map((item) => Math.abs(item.contribution ?? 0)), 0);
  const rows = contributions.map((item) =>
    html(
      "tr",
      {},
      html(
        "th",
        { scope: "row" },
        of(item.indicator.title),
        html("span", { class: "why-value" }, valueOf(item, words)),
      ),
      html("td", { class: "why-bar" }, signedBar(item.contribution ?? 0, largest)),
      html("td", {}, ...contribution(item.contribution, words)),
    ),
  );
  const sums = [
    [t("why.average"), words.number(average ?? 0, index.decimals)],
    ...(filled ? [[t("why.filled"), signed(filled, words)]] : []),
    [of(index.title), words.number(value ?? 0, index.decimals)],
  ];
  return html(
    "table",
    { class: "why-parts" },
    html("caption", { class: "unseen" }, t("why.parts")),
    html(
      "thead",
      { class: "unseen" },
      html(
        "tr",
        {},
        html("th", { scope: "col" }, t("why.indicator")),
        html("td", {}),
        html("th", { scope: "col" }, t("why.part")),
      ),
    ),
    html("tbody", {}, ...rows),
    html(
      "tfoot",
      {},
      ...sums.map(([title, number]) =>
        html("tr", {}, html("th", { scope: "row", colspan: 2 }, title), html("td", {}, number)),
      ),
    ),
  );
}

/** @param {Part} part @param {Words} words */
function valueOf({ value, indicator }, words) {
  return value === null ? words.t("status.missing") : words.value(value, indicator);
}

/** The number, and its sign in words. @param {number|null} value @param {Words} words */
function contribution(value, words) {
  if (value === null) return ["–"];
  const shown = signed(value, words);
  const sense = /[1-9]/.test(shown) ? (value > 0 ? "why.more_need" : "why.less_need") : "why.as_average";
  return [shown, html("span", { class: "why-sense" }, words.t(sense))];
}

/** @param {number} value @param {Words} words */
function signed(value, words) {
  const text = words.number(value, 2);
  if (!/[1-9]/.test(text)) return words.number(0, 2);
  return value > 0 ? `+${text}` : text;
}
