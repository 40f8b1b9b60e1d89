/**
 * Maps of priority areas under review and in force: title, state, decision, and who did what when.
 *
 * @typedef {import("./i18n.js").Words} Words
 *
 * @typedef {object} PriorityMap
 * @property {number} id
 * @property {string} title
 * @property {"proposed"|"agreed"|"superseded"} status
 * @property {string} edition
 * @property {number} regions
 * @property {number} areas
 * @property {number|null} residents
 * @property {{number: string, date: string}|null} decision
 * @property {{status: string, done_at: string}[]} [events]
 */

import { html } from "./elements.js";
import { createFolded } from "./folded.js";
import { people } from "./priority-words.js";

const STATES = /** @type {Record<string, string>} */ ({
  draft: "maps.draft",
  proposed: "maps.proposed",
  agreed: "maps.agreed",
  superseded: "maps.superseded",
  withdrawn: "maps.withdrawn",
});

/**
 * @param {PriorityMap[]} maps
 * @param {object} options
 * @param {string} options.city
 * @param {Pick<ReturnType<typeof import("./api.js").createApi>, "priorityMap">} options.api
 * @param {Words} options.words
 * @returns {HTMLElement[]}
 */
export function renderMaps(maps, { city, api, words }) {
  if (!maps.length) return [html("p", { class: "note" }, words.t("maps.none"))];
  return [html("ol", { class: "maps" }, ...maps.map((one) => html("li", {}, ...entry(one, { city, api, words }))))];
}

/**
 * @param {PriorityMap} map
 * @param {object} options
 * @param {string} options.city
 * @param {Pick<ReturnType<typeof import("./api.js").createApi>, "priorityMap">} options.api
 * @param {Words} options.words
 */
function entry({ id, title, status, edition, regions, residents, decision }, { city, api, words }) {
  const { t } = words;
  const parts = { regions: words.counted("maps.areas", regions), residents: people(residents, words), edition };
  const folded = createFolded({ name: "map-events" });
  void folded.show({
    key: `${id} ${words.language}`,
    isOpen: false,
    heading: t("maps.events"),
    loading: t("maps.loading"),
    none: t("maps.failed"),
    ask: () => api.priorityMap(city, id),
    draw: (map) => [
      html(
        "ol",
        { class: "why-list" },
        ...(map.events ?? []).map((event) =>
          html(
            "li",
            {},
            t("maps.event", {
              date: words.date(event.done_at.slice(0, 10)),
              status: t(STATES[event.status] ?? event.status),
            }),
          ),
        ),
      ),
    ],
  });
  return [
    html(
      "p",
      { class: "map-head" },
      html("bdi", { class: "proposal-name" }, title),
      html("span", { class: `alert-state map-${status}` }, t(STATES[status])),
    ),
    html("p", { class: "note" }, t("maps.facts", parts)),
    ...(decision
      ? [html("p", { class: "note" }, t("maps.decision", { number: decision.number, date: words.date(decision.date) }))]
      : []),
    folded.element,
  ];
}
