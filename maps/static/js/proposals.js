/**
 * The box of the priority areas: what the map shows of them, the areas proposed, single cases, how it came about,
 * scenarios, and maps under review.
 *
 * @typedef {import("./types.js").City} City
 * @typedef {import("./types.js").Feature} Feature
 * @typedef {import("./types.js").View} View
 * @typedef {import("./priority-data.js").Priority} Priority
 * @typedef {import("./i18n.js").Words} Words
 */

import { editionsOf, fits } from "./editions.js";
import { html } from "./elements.js";
import { people } from "./priority-words.js";
import { renderMaps } from "./priority-maps.js";
import { createSwitches } from "./priority-switches.js";
import { createRegionList } from "./region-list.js";
import { renderPassport } from "./run-passport.js";
import { renderScenarios } from "./scenarios.js";
import { createCaseList } from "./single-cases.js";

/**
 * Make the box once; `update` fills it, and builds it anew only for another proposal or language, so that keyboard
 * focus and what is unfolded stay.
 *
 * @param {HTMLElement} element
 * @param {object} options
 * @param {ReturnType<typeof import("./api.js").createApi>} options.api
 * @param {(layers: string[]) => void} options.onLayers
 * @param {(region: string) => void} options.onRegion "" folds it again
 * @param {(region: Feature) => void} options.onZoom
 * @param {(area: string) => void} options.onCase
 * @param {() => void} options.onEdition the boundaries of the proposal are wished
 * @param {() => void} options.onMethod
 */
export function createProposals(element, { api, onLayers, onRegion, onZoom, onCase, onEdition, onMethod }) {
  /** @type {unknown[]} */
  let drawn = [];
  /** @type {ReturnType<typeof createSwitches>|null} */
  let switches = null;
  /** @type {ReturnType<typeof createRegionList>|null} */
  let regions = null;
  /** @type {ReturnType<typeof createCaseList>|null} */
  let cases = null;

  /** @param {Priority} known @param {{city: City, view: View, words: Words}} context */
  function build(known, { city, words }) {
    const { t } = words;
    const { proposal } = known;
    switches = null;
    regions = null;
    cases = null;
    if (!proposal) {
      element.replaceChildren(html("p", { class: "note" }, t("proposals.none")));
      return;
    }
    const level = city.geographies.find((item) => item.id === proposal.geography);
    const geography = level ? words.of(level.title) : proposal.geography;
    switches = createSwitches(known, { city, words, onToggle: onLayers });
    regions = createRegionList(known, { api, words, onChoose: onRegion, onZoom });
    cases = known.cases && createCaseList(known.cases, words, onCase);
    const hasRegions = known.regions.features.length > 0;
    element.replaceChildren(
      html("p", { class: "note" }, t("proposals.basis", { period: proposal.period, geography })),
      ...(fits(proposal, city) ? [] : elsewhere(proposal, level, words)),
      switches.element,
      html("h3", {}, t("proposals.list", { n: words.number(proposal.summary.regions) })),
      html("p", { class: "note" }, hasRegions ? whole(proposal, words) : t("proposals.no_region")),
      ...(hasRegions ? regions.elements : []),
      html("h3", {}, t("cases.title", { n: words.number(proposal.summary.single_cases) })),
      ...(cases?.elements ?? [html("p", { class: "note" }, t("cases.failed"))]),
      fold("passport", t("passport.title"), renderPassport(proposal, { words, onMethod })),
      html("h3", {}, t("scenarios.heading")),
      ...renderScenarios(known.scenarios, { city: known.city, api, words }),
      html("h3", {}, t("maps.title")),
      ...renderMaps(known.maps, { city: known.city, api, words }),
    );
  }

  /**
   * Say that the proposal was made on other boundaries than those shown, and lead there.
   *
   * @param {NonNullable<Priority["proposal"]>} proposal
   * @param {import("./types.js").Geography|undefined} level
   * @param {Words} words
   */
  function elsewhere({ edition }, level, { t }) {
    const isKnown = !level || editionsOf(level).some((item) => item.edition === edition);
    const go = html("button", { type: "button", class: "button plain", onclick: onEdition }, t("proposals.edition_show", { edition }));
    return [
      html("p", { class: "note caution", id: "proposal-edition" }, t("proposals.edition", { edition })),
      ...(isKnown ? [go] : []),
    ];
  }

  /** A part that stays as it was folded. @param {string} id @param {string} title @param {HTMLElement} content */
  function fold(id, title, content) {
    const before = /** @type {HTMLDetailsElement|null} */ (document.getElementById(id));
    return html("details", { id, open: before?.open ?? false }, html("summary", {}, title), content);
  }

  return {
    /** @param {Priority} known @param {{city: City, view: View, words: Words}} context */
    update(known, context) {
      const wanted = [known, context.words, ...Object.values(known.places).map((place) => fits(place, context.city))];
      if (wanted.length !== drawn.length || wanted.some((item, i) => item !== drawn[i])) {
        drawn = wanted;
        build(known, context);
      }
      switches?.update(context.view.layers);
      regions?.update(context.view.region);
      const { proposal } = known;
      const isOnLevel = context.view.geography === proposal?.geography && fits(proposal, context.city);
      cases?.update(isOnLevel ? context.view.area : "");
    },
    /** @param {string} layer @param {string} text "" when it is there */
    tell: (layer, text) => switches?.tell(layer, text),
    /** Bring a priority area of the list into view. @param {string} region */
    reveal: (region) => regions?.reveal(region),
  };
}

/** The proposal in one line. @param {NonNullable<Priority["proposal"]>} proposal @param {Words} words */
function whole({ summary }, words) {
  return words.t("proposals.whole", {
    areas: words.counted("legend.areas", summary.areas),
    residents: people(summary.residents, words),
  });
}
