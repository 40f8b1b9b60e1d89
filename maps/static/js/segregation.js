/**
 * Dissimilarity per period for the level that is shown, as a chart with its table.
 *
 * @typedef {import("./types.js").Geography} Geography
 * @typedef {import("./i18n.js").Words} Words
 *
 * @typedef {object} Series
 * @property {string} measure
 * @property {{id: string, title: import("./types.js").Text}} group
 * @property {string} geography
 * @property {{period: string, value: number|null, areas: number}[]} points
 */

import { lineChart, lineKey } from "./chart.js";
import { html } from "./elements.js";

/**
 * @param {HTMLElement} element
 * @param {object} options
 * @param {Series[]} options.series
 * @param {Geography[]} options.geographies
 * @param {string} options.geography the level that is shown
 * @param {string} options.period
 * @param {Words} options.words
 */
export function renderSegregation(element, { series, geographies, geography, period, words }) {
  const { t, of } = words;
  const usable = series.filter((item) => item.measure === "dissimilarity" && item.points.length);
  const level = usable.some((item) => item.geography === geography) ? geography : usable[usable.length - 1]?.geography;
  const here = usable.filter((item) => item.geography === level);
  if (!here.length) {
    element.replaceChildren(html("p", { class: "note" }, t("segregation.none")));
    return;
  }
  const known = [...new Set(here.flatMap((item) => item.points.map((point) => point.period)))].sort();
  const periods = years(known);
  const lines = here.map((item) => ({
    title: of(item.group.title),
    points: periods
      .filter((at) => known.includes(at))
      .map((at) => ({ period: at, value: item.points.find((point) => point.period === at)?.value ?? null })),
  }));
  const percent = { decimals: 1, unit: "%" };
  const format = (/** @type {number} */ value) => words.value(100 * value, percent);
  const title = t("segregation.chart", { from: known[0], to: known[known.length - 1] });
  const says = (/** @type {(typeof lines)[number]} */ line) => {
    const points = line.points.filter((point) => point.value !== null);
    const [first, last] = [points[0], points[points.length - 1]];
    if (!first) return line.title;
    return t("segregation.series", {
      group: line.title,
      first: format(first.value ?? 0),
      from: first.period,
      last: format(last.value ?? 0),
      to: last.period,
    });
  };
  const isOpen = element.querySelector("details")?.open ?? false;
  const levelTitle = of(geographies.find((item) => item.id === level)?.title);
  element.replaceChildren(
    html("p", { class: "note" }, t("segregation.explain", { geography: levelTitle })),
    lineChart({
      lines,
      periods,
      marked: period,
      title,
      description: lines.map(says).join("; "),
      format,
      formatAxis: (value) => words.value(100 * value, { decimals: 0, unit: "%" }),
    }),
    lineKey(lines, says),
    html(
      "details",
      { open: isOpen },
      html("summary", {}, t("segregation.table")),
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
            html("th", { scope: "col" }, t("table.period")),
            ...lines.map((line) => html("th", { scope: "col" }, line.title)),
          ),
        ),
        html(
          "tbody",
          {},
          ...known.map((at, i) =>
            html(
              "tr",
              {},
              html("th", { scope: "row" }, at),
              ...lines.map(({ points }) => {
                const value = points[i].value;
                return html("td", {}, value === null ? "–" : format(value));
              }),
            ),
          ),
        ),
      ),
    ),
    html("p", { class: "note" }, t("segregation.scale")),
  );
}

/**
 * Every year between the first and the last, so that distances in the chart are distances in time.
 *
 * @param {string[]} known
 */
function years(known) {
  if (!known.every((period) => /^\d{4}$/.test(period))) return known;
  const [first, last] = [Number(known[0]), Number(known[known.length - 1])];
  return Array.from({ length: last - first + 1 }, (_, i) => String(first + i));
}
