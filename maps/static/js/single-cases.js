/**
 * The list of single cases: areas of high need that are in no priority area and no margin, so that none is forgotten.
 *
 * @typedef {import("./types.js").Text} Text
 * @typedef {import("./i18n.js").Words} Words
 *
 * @typedef {object} SingleCase
 * @property {string} id
 * @property {string} name
 * @property {number|null} need null where it is withheld by now
 * @property {number|null} residents
 * @property {number|null} above
 * @property {string} reason
 * @property {Text} sentence
 *
 * @typedef {{areas: number, residents: number}} Amount
 *
 * @typedef {object} SingleCases
 * @property {SingleCase[]} cases
 * @property {Record<"region"|"margin"|"single_case"|"all", Amount>} where
 */

import { html } from "./elements.js";
import { people } from "./priority-words.js";

const FIRST_ITEMS = 6;

/**
 * Make the list of a city; `update` marks the one that is selected.
 *
 * @param {SingleCases} known
 * @param {Words} words
 * @param {(area: string) => void} onChoose
 */
export function createCaseList({ cases, where }, words, onChoose) {
  const { t } = words;
  const counted = {
    all: words.number(where.all.areas),
    region: words.number(where.region.areas),
    margin: words.number(where.margin.areas),
    cases: words.number(where.single_case.areas),
  };
  /** @type {Map<string, HTMLButtonElement>} */
  const buttons = new Map(cases.map((item) => [item.id, button(item)]));

  /** @param {SingleCase} item */
  function button({ id, name, need, residents, sentence }) {
    return html(
      "button",
      { type: "button", "data-case": id, title: t("table.select", { name: name || id }), onclick: () => onChoose(id) },
      html("bdi", { class: "proposal-name" }, name || t("area.no_name", { id })),
      need !== null &&
        html("span", {}, t("cases.facts", { need: words.number(need, 2), residents: people(residents, words) })),
      html("span", { class: "case-reason" }, words.of(sentence)),
    );
  }

  const all = [...buttons.values()];
  const rest = all.slice(FIRST_ITEMS);
  const list = html("ol", { class: "proposals" }, ...all.slice(0, FIRST_ITEMS).map((one) => html("li", {}, one)));
  const more = html(
    "button",
    {
      type: "button",
      class: "link",
      onclick: () => {
        list.append(...rest.map((one) => html("li", {}, one)));
        more.remove();
        rest[0]?.focus();
      },
    },
    t("cases.more", { n: words.number(rest.length) }),
  );
  const told = cases.length ? t("cases.told", counted) : t(where.all.areas ? "cases.zero" : "cases.nobody", counted);
  return {
    elements: [
      html("p", { class: "note" }, told),
      ...(cases.length ? [list] : []),
      ...(rest.length ? [more] : []),
    ],

    /** @param {string} area that is selected */
    update(area) {
      for (const [id, one] of buttons) {
        if (id === area) one.setAttribute("aria-current", "true");
        else one.removeAttribute("aria-current");
      }
    },
  };
}
