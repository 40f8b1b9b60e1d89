/**
 * The selections: city, indicator, level of areas and, where there are several, edition of the boundaries.
 *
 * @typedef {import("./types.js").City} City
 * @typedef {import("./types.js").Indicator} Indicator
 * @typedef {import("./types.js").View} View
 * @typedef {import("./i18n.js").Words} Words
 */

import { byId, html } from "./elements.js";
import { editionsOf } from "./editions.js";
import { periodsOf } from "./view.js";

const GROUPS = /** @type {const} */ (["index", "share", "measure", "count"]);

/**
 * @param {object} options
 * @param {City[]} options.cities
 * @param {City} options.city
 * @param {Indicator[]} options.indicators
 * @param {View} options.view
 * @param {{numerator: string|null, minus: string|null, denominator: string|null}} options.formula ids of its counts
 * @param {Words} options.words
 */
export function renderChoices({ cities, city, indicators, view, formula, words }) {
  const { t, of } = words;
  const indicator = indicators.find((item) => item.id === view.indicator);
  fill(
    "city",
    cities.map((item) => option(item.id, of(item.title))),
    view.city,
  );
  fill(
    "indicator",
    GROUPS.flatMap((group) => {
      const items = indicators
        .filter((item) => item.group === group && Object.values(item.availability).some((periods) => periods.length))
        .toSorted((a, b) => words.compare(of(a.title), of(b.title)));
      const label = t(`group.${group}`);
      return items.length ? [html("optgroup", { label }, ...items.map((item) => option(item.id, of(item.title))))] : [];
    }),
    view.indicator,
  );
  fill(
    "geography",
    city.geographies.map((item) => {
      const text = t("panel.geography_option", { title: of(item.title), n: words.number(item.areas) });
      return option(item.id, text, !indicator || periodsOf(indicator, item.id).length === 0);
    }),
    view.geography,
  );
  const editions = editionsOf(city.geographies.find((item) => item.id === view.geography));
  fill(
    "edition",
    editions.map(({ edition, valid_from: from, valid_to: to }, i) => {
      const dates = { edition, from: words.date(from), to: to ? words.date(to) : "" };
      return option(i ? edition : "", t(to ? "panel.edition_until" : "panel.edition_since", dates));
    }),
    view.edition,
  );
  byId("edition-box").hidden = editions.length < 2;
  byId("city-box").hidden = false;
  byId("synthetic").hidden = !city.is_synthetic;

  const titleOf = (/** @type {string|null} */ id) => of(indicators.find((item) => item.id === id)?.title) || id || "";
  const lines = [
    formula.numerator &&
      t("panel.formula", {
        numerator: [formula.numerator, formula.minus].flatMap((id) => (id ? [titleOf(id)] : [])).join(" − "),
        denominator: titleOf(formula.denominator),
      }),
    indicator?.universe.de && t("panel.universe", { universe: of(indicator.universe) }),
    formula.denominator &&
      indicator?.minimum_denominator &&
      t("panel.minimum", { n: words.number(indicator.minimum_denominator), denominator: titleOf(formula.denominator) }),
    indicator && t(`direction.${indicator.direction}`),
  ].flatMap((line) => (line ? [line] : []));
  const sheet = indicator?.sheet
    ? [html("a", { href: `${indicator.sheet}?language=${words.language}` }, t("panel.sheet"))]
    : [];
  byId("about").replaceChildren(...[...lines, ...sheet].flatMap((line, i) => (i ? [html("br"), line] : [line])));
  const caution = of(indicator?.caution);
  byId("caution").hidden = !caution;
  byId("caution").replaceChildren(html("strong", {}, t("panel.caution")), ` ${caution}`);
}

/**
 * Keep the element, so that keyboard focus stays where it is.
 *
 * @param {string} id
 * @param {HTMLElement[]} options
 * @param {string} value
 */
function fill(id, options, value) {
  const select = /** @type {HTMLSelectElement} */ (byId(id));
  select.replaceChildren(...options);
  select.value = value;
}

/** @param {string} value @param {string} text @param {boolean} [isDisabled] */
function option(value, text, isDisabled = false) {
  return html("option", { value, disabled: isDisabled }, text);
}
