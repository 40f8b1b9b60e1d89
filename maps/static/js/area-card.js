/**
 * What is known about the selected area, beside the map.
 *
 * @typedef {import("./describe.js").AreaFacts} AreaFacts
 * @typedef {import("./i18n.js").Words} Words
 */

import { html } from "./elements.js";

/**
 * @param {HTMLElement} element
 * @param {AreaFacts|null} facts null hides it
 * @param {object} options
 * @param {string} options.indicator title and period of what the value is
 * @param {Words} options.words
 * @param {HTMLElement[]} options.reasons what explains the area, each hidden where it does not
 * @param {() => void} options.onClose
 */
export function renderAreaCard(element, facts, { indicator, words, reasons, onClose }) {
  element.hidden = facts === null;
  if (!facts) {
    element.replaceChildren();
    return;
  }
  const { t } = words;
  element.replaceChildren(
    html(
      "div",
      { class: "area-card-head" },
      html("h2", {}, html("bdi", {}, facts.name)),
      html("button", { type: "button", class: "close", "aria-label": t("area.close"), onclick: onClose }, "×"),
    ),
    html("p", { class: "note" }, t("area.key", { id: facts.id })),
    html(
      "p",
      { class: facts.number === null ? "area-none" : "area-value" },
      facts.value,
      facts.interval ? html("span", { class: "area-interval" }, ` ${facts.interval}`) : "",
    ),
    ...(facts.comparison ? [html("p", { class: "note" }, facts.comparison)] : []),
    html("p", { class: "note" }, indicator),
    ...(facts.klass ? [html("p", { class: "note" }, t("area.class", { label: facts.klass }))] : []),
    ...(facts.isPlain ? [] : [html("p", { class: "note" }, facts.status)]),
    ...reasons,
  );
}
