/**
 * The small box beside the pointer.
 *
 * @typedef {import("./describe.js").AreaFacts} AreaFacts
 * @typedef {import("./overlays.js").ThingFacts} ThingFacts
 * @typedef {import("./i18n.js").Words} Words
 */

import { html } from "./elements.js";

const DISTANCE = 14;

/**
 * @param {HTMLElement} element
 * @param {AreaFacts|null} facts null hides it
 * @param {{x: number, y: number}} point in the frame
 * @param {Words} words
 * @param {ThingFacts|null} [thing] what of the overlays lies there
 */
export function renderTooltip(element, facts, point, words, thing = null) {
  element.hidden = facts === null;
  if (!facts) return;
  const told = JSON.stringify([facts.id, facts.value, thing]);
  if (element.dataset.told !== told) {
    element.dataset.told = told;
    element.replaceChildren(
      thing ? describedThing(thing) : "",
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

/** @param {ThingFacts} thing */
function describedThing({ name, kind, facts }) {
  return html(
    "div",
    { class: "tooltip-thing" },
    name ? html("bdi", { class: "tooltip-name" }, name) : "",
    html("span", { class: name ? "tooltip-key" : "tooltip-name" }, kind),
    ...facts.map((fact) => html("span", { class: "tooltip-key" }, fact)),
  );
}
