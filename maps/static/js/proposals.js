/**
 * The list of proposed priority areas with its two switches.
 *
 * @typedef {import("./types.js").Collection} Collection
 * @typedef {import("./types.js").Feature} Feature
 * @typedef {import("./types.js").Geography} Geography
 * @typedef {import("./i18n.js").Words} Words
 */

import { html } from "./elements.js";

/**
 * @param {HTMLElement} element
 * @param {object} options
 * @param {Collection} options.proposals
 * @param {Collection} options.zones
 * @param {Geography[]} options.geographies
 * @param {{proposals: boolean, zones: boolean}} options.shown
 * @param {Words} options.words
 * @param {(change: {proposals?: boolean, zones?: boolean}) => void} options.onToggle
 * @param {(proposal: Feature) => void} options.onZoom
 */
export function renderProposals(element, { proposals, zones, geographies, shown, words, onToggle, onZoom }) {
  const { t } = words;
  if (!proposals.features.length) {
    element.replaceChildren(html("p", { class: "note" }, t("proposals.none")));
    return;
  }
  const focused = document.activeElement?.id;
  const first = proposals.features[0].properties;
  const level = geographies.find((item) => item.id === first.geography);
  const distance = zones.features[0]?.properties.distance;
  const zonesText =
    distance === undefined
      ? t("proposals.zones")
      : t("proposals.zones_distance", { distance: words.number(Number(distance)) });
  element.replaceChildren(
    toggle("show-proposals", t("proposals.toggle"), shown.proposals, "key-proposal", (on) =>
      onToggle({ proposals: on }),
    ),
    ...(zones.features.length
      ? [toggle("show-zones", zonesText, shown.zones, "key-zone", (on) => onToggle({ zones: on }))]
      : []),
    html(
      "p",
      { class: "note" },
      t("proposals.basis", { period: first.period, geography: level ? words.of(level.title) : first.geography }),
    ),
    html("ol", { class: "proposals" }, ...ordered(proposals, words).map((feature) => item(feature, words, onZoom))),
  );
  if (focused) document.getElementById(focused)?.focus();
}

/** @param {Collection} proposals @param {Words} words */
function ordered(proposals, words) {
  return proposals.features.toSorted((a, b) =>
    words.compare(String(a.properties.region_id), String(b.properties.region_id)),
  );
}

/**
 * @param {string} id
 * @param {string} text
 * @param {boolean} isOn
 * @param {string} key class of the small sample of the drawing
 * @param {(on: boolean) => void} onChange
 */
function toggle(id, text, isOn, key, onChange) {
  const box = html("input", { type: "checkbox", id, checked: isOn, onchange: () => onChange(box.checked) });
  return html(
    "p",
    { class: "toggle" },
    box,
    html("label", { for: id }, html("span", { class: `key ${key}`, "aria-hidden": "true" }), text),
  );
}

/**
 * @param {Feature} feature
 * @param {Words} words
 * @param {(proposal: Feature) => void} onZoom
 */
function item(feature, words, onZoom) {
  const { t } = words;
  const { region_id: id, residents, areas, mean_need: need } = feature.properties;
  const name = t("proposals.name", { id });
  const facts = t("proposals.facts", {
    residents: words.number(Math.round(Number(residents))),
    areas: words.counted("legend.areas", Array.isArray(areas) ? areas.length : Number(areas)),
  });
  return html(
    "li",
    {},
    html(
      "button",
      {
        type: "button",
        title: t("proposals.zoom", { name }),
        "data-region": String(id),
        onclick: () => onZoom(feature),
      },
      html("bdi", { class: "proposal-name" }, name),
      html("span", {}, facts),
      typeof need === "number" && html("span", {}, t("proposals.need", { need: words.number(need, 2) })),
    ),
  );
}
