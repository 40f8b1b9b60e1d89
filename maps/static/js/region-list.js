/**
 * The list of proposed priority areas; one of them is unfolded and says why it is here and who lives here.
 *
 * @typedef {import("./types.js").Feature} Feature
 * @typedef {import("./priority-data.js").Priority} Priority
 * @typedef {import("./i18n.js").Words} Words
 * @typedef {ReturnType<typeof import("./api.js").createApi>} Api
 */

import { Problem } from "./api.js";
import { html } from "./elements.js";
import { waiting } from "./folded.js";
import { people } from "./priority-words.js";
import { renderLinks, renderRegion } from "./region-reasons.js";

const FIRST_ITEMS = 8;

/**
 * Make the list of a city; `update` tells which area is unfolded.
 *
 * @param {Priority} known
 * @param {object} options
 * @param {Pick<Api, "proposalRegion"|"collection">} options.api
 * @param {Words} options.words
 * @param {(region: string) => void} options.onChoose "" folds it again
 * @param {(region: Feature) => void} options.onZoom
 */
export function createRegionList(known, { api, words, onChoose, onZoom }) {
  const { t } = words;
  const features = known.regions.features.toSorted((a, b) => words.compare(idOf(a), idOf(b)));
  const list = html("ol", { class: "proposals" });
  /** @type {Map<string, {item: HTMLElement, button: HTMLButtonElement, details: HTMLElement}>} */
  const items = new Map(features.map((feature) => [idOf(feature), row(feature)]));
  const rows = [...items.values()];
  const more = html("button", { type: "button", class: "link", onclick: () => showAll(true) });
  more.textContent = t("proposals.more", { n: words.number(Math.max(0, rows.length - FIRST_ITEMS)) });
  list.append(...rows.map((one) => one.item));
  rows.slice(FIRST_ITEMS).forEach((one) => (one.item.hidden = true));
  more.hidden = rows.length <= FIRST_ITEMS;
  let open = "";

  /** @param {boolean} isFocused whether the keyboard goes on with the first of them */
  function showAll(isFocused) {
    rows.forEach((one) => (one.item.hidden = false));
    more.hidden = true;
    if (isFocused) rows[FIRST_ITEMS]?.button.focus();
  }

  /** @param {Feature} feature */
  function row(feature) {
    const { residents, areas, mean_need: need } = feature.properties;
    const id = idOf(feature);
    const counted = words.counted("legend.areas", Number(areas));
    const details = html("div", { class: "region-details folded-content", id: `region-${id}`, hidden: true });
    const button = html(
      "button",
      {
        type: "button",
        "data-region": id,
        "aria-expanded": "false",
        "aria-controls": details.id,
        onclick: () => {
          onChoose(open === id ? "" : id);
          if (open === id) onZoom(feature);
        },
      },
      html("bdi", { class: "proposal-name" }, t("proposals.name", { id })),
      html("span", {}, t("proposals.facts", { residents: people(residents, words), areas: counted })),
      typeof need === "number" && html("span", {}, t("proposals.need", { need: words.number(need, 2) })),
    );
    return { item: html("li", {}, button, details), button, details };
  }

  /** @param {string} id @param {HTMLElement} details */
  async function fill(id, details) {
    const feature = features.find((item) => idOf(item) === id);
    details.setAttribute("aria-busy", "true");
    details.replaceChildren(waiting(t("region.loading")));
    try {
      const hasLinks = known.layers.includes("links");
      const [answer, links] = await Promise.all([
        api.proposalRegion(known.city, id),
        hasLinks ? api.collection(`${known.city}.priority-links`) : null,
      ]);
      if (open !== id || !feature) return;
      details.replaceChildren(
        html("button", { type: "button", class: "link", onclick: () => onZoom(feature) }, t("region.zoom")),
        ...renderRegion(answer, words),
        ...(Number(known.proposal?.parameters.link_distance ?? 0) > 0
          ? renderLinks(id, links?.features ?? [], words, (other) => {
              onChoose(other);
              items.get(other)?.button.focus();
            })
          : []),
      );
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (open === id) details.replaceChildren(html("p", { class: "note", role: "status" }, t("region.none")));
    } finally {
      details.removeAttribute("aria-busy");
    }
  }

  return {
    elements: [list, more],

    /** @param {string} region that is unfolded, or "" */
    update(region) {
      const wanted = items.has(region) ? region : "";
      if (wanted === open) return;
      open = wanted;
      for (const [id, { button, details, item }] of items) {
        button.setAttribute("aria-expanded", String(id === wanted));
        details.hidden = id !== wanted;
        if (id !== wanted) continue;
        if (item.hidden) showAll(false);
        void fill(id, details);
      }
    },

    /** Bring an area of the list into view. @param {string} region */
    reveal(region) {
      items.get(region)?.button.focus();
    },
  };
}

/** @param {Feature} feature */
const idOf = (feature) => String(feature.properties.region_id);
