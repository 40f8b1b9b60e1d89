/**
 * The small box beside the pointer.
 *
 * @typedef {import("./describe.js").AreaFacts} AreaFacts
 * @typedef {import("./i18n.js").Words} Words
 */

import { html } from "./elements.js";

const DISTANCE = 14;

/**
 * @param {HTMLElement} element
 * @param {AreaFacts|null} facts null hides it
 * @param {{x: number, y: number}} point in the frame
 * @param {Words} words
 */
export function renderTooltip(element, facts, point, words) {
  element.hidden = facts === null;
  if (!facts) return;
  if (element.dataset.area !== facts.id || element.dataset.value !== facts.value) {
    element.dataset.area = facts.id;
    element.dataset.value = facts.value;
    element.replaceChildren(
      html("bdi", { class: "tooltip-name" }, facts.name),
      html("span", { class: "tooltip-key" }, words.t("area.key", { id: facts.id })),
      html("span", { class: facts.number === null ? "tooltip-none" : "tooltip-value" }, facts.value),
      facts.interval ? html("span", { class: "tooltip-interval" }, facts.interval) : "",
      facts.comparison ? html("span", { class: "tooltip-status" }, facts.comparison) : "",
      facts.isPlain ? "" : html("span", { class: "tooltip-status" }, facts.status),
    );
  }
  const frame = /** @type {HTMLElement} */ (element.parentElement);
  const left = point.x + DISTANCE + element.offsetWidth > frame.clientWidth;
  const up = point.y + DISTANCE + element.offsetHeight > frame.clientHeight;
  element.style.left = `${Math.max(0, left ? point.x - DISTANCE - element.offsetWidth : point.x + DISTANCE)}px`;
  element.style.top = `${Math.max(0, up ? point.y - DISTANCE - element.offsetHeight : point.y + DISTANCE)}px`;
}
