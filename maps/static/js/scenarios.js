/**
 * Named scenarios side by side: the same figures for each, so that differences are seen in a row.
 *
 * @typedef {import("./types.js").Text} Text
 * @typedef {import("./i18n.js").Words} Words
 *
 * @typedef {object} Scenario
 * @property {string} name
 * @property {string} note
 * @property {number|null} run
 *
 * @typedef {object} Compared
 * @property {string} name
 * @property {string} note
 * @property {Record<string, any>} parameters
 * @property {string|null} period
 * @property {string|null} edition of the boundaries
 * @property {number|null} regions
 * @property {number|null} areas
 * @property {number|null} residents
 * @property {number|null} share_of_residents
 * @property {number|null} jaccard
 * @property {number|null} relative_gap
 * @property {number|null} single_cases
 * @property {Text|null} refused
 *
 * @typedef {{scenarios: Compared[]}} Comparison
 */

import { Problem } from "./api.js";
import { byId, html } from "./elements.js";
import { waiting } from "./folded.js";
import { gapInWords, limitsInWords, people } from "./priority-words.js";

const MOST = 6;

/**
 * The button that opens the table; without scenarios one sentence says how to make some.
 *
 * @param {Scenario[]} scenarios
 * @param {object} options
 * @param {string} options.city
 * @param {Pick<ReturnType<typeof import("./api.js").createApi>, "comparison">} options.api
 * @param {Words} options.words
 * @returns {HTMLElement[]}
 */
export function renderScenarios(scenarios, { city, api, words }) {
  const { t } = words;
  if (scenarios.length < 2) {
    return [html("p", { class: "note" }, t(scenarios.length ? "scenarios.one" : "scenarios.none"))];
  }
  // Those with a result first: a table of scenarios that were never run tells nothing.
  const ready = scenarios.filter((item) => item.run !== null);
  const others = scenarios.filter((item) => item.run === null);
  const names = [...ready, ...others].slice(0, MOST).map((item) => item.name);
  const [title, most] = [t("scenarios.title"), t("scenarios.most", { n: words.number(MOST) })];
  const open = async () => {
    const dialog = /** @type {HTMLDialogElement} */ (byId("scenarios"));
    const content = byId("scenarios-content");
    content.replaceChildren(waiting(t("scenarios.loading")));
    dialog.showModal();
    try {
      const answer = await api.comparison(city, names);
      content.replaceChildren(
        html("p", { class: "note" }, t("scenarios.lead", { first: names[0] })),
        html("div", { class: "wide-table", tabindex: 0, role: "region", "aria-label": title }, table(answer, words)),
        ...(scenarios.length > MOST ? [html("p", { class: "note" }, most)] : []),
      );
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      content.replaceChildren(html("p", { class: "note", role: "status" }, t("scenarios.failed")));
    }
  };
  const text = t("scenarios.compare", { n: words.number(scenarios.length) });
  return [html("button", { type: "button", class: "button plain", onclick: open }, text)];
}

/** @param {Comparison} comparison @param {Words} words */
function table({ scenarios }, words) {
  const { t } = words;
  const count = (/** @type {number|null} */ value) => (value === null ? "–" : words.number(value));
  const part = (/** @type {number|null} */ value) =>
    value === null ? "–" : words.value(100 * value, { decimals: 1, unit: "%" });
  const points = (/** @type {any} */ value) => words.number(Number(value ?? 0), 2);
  /** @type {[string, (item: Compared) => string|string[]][]} */
  const rows = [
    ["scenarios.note", (item) => item.note || "–"],
    ["passport.threshold", (item) => points(item.parameters.threshold)],
    ["passport.border_price", (item) => points(item.parameters.border_price)],
    ["passport.inertia", (item) => points(item.parameters.inertia)],
    ["passport.limits", (item) => limitsInWords(item.parameters, words)],
    ["table.period", (item) => item.period ?? "–"],
    ["panel.edition", (item) => item.edition ?? "–"],
    ["scenarios.regions", (item) => count(item.regions)],
    ["legend.count", (item) => count(item.areas)],
    ["scenarios.residents", (item) => (item.residents === null ? "–" : people(item.residents, words))],
    ["scenarios.share", (item) => part(item.share_of_residents)],
    ["scenarios.cases", (item) => count(item.single_cases)],
    ["scenarios.common", (item) => part(item.jaccard)],
    ["passport.quality", (item) => (item.regions === null ? "–" : gapInWords(item.relative_gap, words))],
  ];
  const refused = scenarios.filter((item) => item.refused);
  const heads = scenarios.map((item) => html("th", { scope: "col" }, html("bdi", {}, item.name)));
  const cell = (/** @type {string|string[]} */ said) =>
    html("td", {}, ...[said].flat().flatMap((text, i) => (i ? [html("br"), text] : [text])));
  return html(
    "table",
    { class: "numbers beside" },
    html("caption", { class: "unseen" }, t("scenarios.title")),
    html("thead", {}, html("tr", {}, html("th", { scope: "col" }, t("scenarios.figure")), ...heads)),
    html(
      "tbody",
      {},
      ...rows.map(([name, said]) =>
        html("tr", {}, html("th", { scope: "row" }, t(name)), ...scenarios.map((item) => cell(said(item)))),
      ),
      ...(refused.length
        ? [
            html(
              "tr",
              {},
              html("th", { scope: "row" }, t("scenarios.refused")),
              ...scenarios.map((item) => cell(item.refused ? words.of(item.refused) : "–")),
            ),
          ]
        : []),
    ),
  );
}
