/**
 * One proposed priority area: why it is here, who lives here, strengths as well as needs, and what it shares with
 * areas that face it.
 *
 * @typedef {import("./types.js").Text} Text
 * @typedef {import("./types.js").Feature} Feature
 * @typedef {import("./i18n.js").Words} Words
 *
 * @typedef {object} ProfileRow
 * @property {{id: string, title: Text, unit: string, decimals: number}} indicator
 * @property {number} region
 * @property {number} city
 * @property {string} standing
 *
 * @typedef {object} Region
 * @property {string} region_id
 * @property {{about: string, sentence: Text}[]} sentences
 * @property {ProfileRow[]} profile
 */

import { html } from "./elements.js";

/** What the tables say need not be said in a sentence too. */
const IN_TABLES = ["residents", "strengths", "needs"];
/** @type {[string, string][]} */
const GROUPS = [
  ["neutral", "region.who"],
  ["strength", "region.strengths"],
  ["need", "region.needs"],
  ["like the city", "region.alike"],
];

/**
 * @param {Region} answer
 * @param {Words} words
 * @returns {HTMLElement[]}
 */
export function renderRegion({ sentences, profile }, words) {
  const { t, of } = words;
  const said = sentences.filter((item) => !profile.length || !IN_TABLES.includes(item.about));
  return [
    html("h4", {}, t("region.why")),
    ...said.map((item) => html("p", { class: "why-lead" }, of(item.sentence))),
    ...GROUPS.flatMap(([standing, title]) =>
      group(
        profile.filter((row) => row.standing === standing),
        t(title),
        words,
      ),
    ),
  ];
}

/** @param {ProfileRow[]} rows @param {string} title @param {Words} words */
function group(rows, title, words) {
  if (!rows.length) return [];
  const { t, of } = words;
  return [
    html("h4", {}, title),
    html(
      "table",
      { class: "numbers" },
      html("caption", { class: "unseen" }, title),
      html(
        "thead",
        {},
        html(
          "tr",
          {},
          html("th", { scope: "col" }, t("why.indicator")),
          html("th", { scope: "col" }, t("region.here")),
          html("th", { scope: "col" }, t("region.city")),
        ),
      ),
      html(
        "tbody",
        {},
        ...rows.map((row) =>
          html(
            "tr",
            {},
            html("th", { scope: "row" }, of(row.indicator.title)),
            html("td", {}, words.value(row.region, row.indicator)),
            html("td", {}, words.value(row.city, row.indicator)),
          ),
        ),
      ),
    ),
  ];
}

/**
 * What the area shares with others that face it.
 *
 * @param {string} region
 * @param {Feature[]} links
 * @param {Words} words
 * @param {(region: string) => void} onRegion
 * @returns {HTMLElement[]}
 */
export function renderLinks(region, links, words, onRegion) {
  const { t } = words;
  const here = links
    .map((item) => item.properties)
    .filter((item) => [item.region_id, item.neighbour_id].includes(region))
    .toSorted((a, b) => a.distance_between - b.distance_between);
  if (!here.length) return [html("h4", {}, t("region.links")), html("p", { class: "note" }, t("region.no_links"))];
  const kindOf = (/** @type {Record<string, any>} */ item) => {
    if (item.shared_border > 0) return "region.link_touching";
    return item.distance_between < 1 ? "region.link_corner" : "region.link";
  };
  const told = (/** @type {Record<string, any>} */ item) =>
    t(kindOf(item), {
      distance: words.value(item.distance_between, { decimals: 0, unit: "m" }),
      border: words.value(item.shared_border, { decimals: 0, unit: "m" }),
      hectares: words.value(item.hectares, { decimals: 1, unit: "ha" }),
    });
  return [
    html("h4", {}, t("region.links")),
    html(
      "ul",
      { class: "why-list" },
      ...here.map((item) => {
        const other = String(item.region_id === region ? item.neighbour_id : item.region_id);
        const button = { type: "button", class: "link", onclick: () => onRegion(other) };
        return html("li", {}, html("button", button, t("proposals.name", { id: other })), ` ${told(item)}`);
      }),
    ),
  ];
}
