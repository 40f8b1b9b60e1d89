/**
 * A measure of segregation per period for the level that is shown: a chart with intervals, and its table.
 *
 * @typedef {import("./chart.js").Point} Point
 * @typedef {import("./types.js").Geography} Geography
 * @typedef {import("./types.js").Text} Text
 * @typedef {import("./types.js").View} View
 * @typedef {import("./i18n.js").Words} Words
 *
 * @typedef {object} SegregationPoint
 * @property {string} period
 * @property {number|null} value
 * @property {number|null} ci_low
 * @property {number|null} ci_high
 * @property {number|null} corrected without the bias that small counts bring
 * @property {number|null} expected by chance alone
 * @property {number} areas
 * @property {number} areas_left_out
 *
 * @typedef {object} Series
 * @property {string} measure
 * @property {{id: string, title: Text}} group
 * @property {string} geography
 * @property {string} [edition] of the boundaries
 * @property {SegregationPoint[]} points
 *
 * @typedef {object} Measure
 * @property {string} id
 * @property {Text} title
 *
 * @typedef {object} Segregation
 * @property {Measure[]} measures
 * @property {Series[]} series
 * @property {import("./types.js").Source[]} [sources] whose data they are made of
 */

import { lineChart, lineKey } from "./chart.js";
import { html } from "./elements.js";
import { namedSources, pointed } from "./source.js";

// Measures that are shares of people; all others are numbers without a unit.
const SHARES = ["dissimilarity", "isolation", "interaction", "multigroup_dissimilarity"];

/**
 * @param {HTMLElement} element
 * @param {object} options
 * @param {Segregation} options.segregation
 * @param {Geography[]} options.geographies
 * @param {Pick<View, "geography"|"period"|"measure">} options.shown
 * @param {Words} options.words
 * @param {(measure: string) => void} options.onMeasure
 */
export function renderSegregation(element, { segregation, geographies, shown, words, onMeasure }) {
  const { t, of } = words;
  const usable = segregation.series.filter((item) => item.points.length);
  const ids = [...new Set(usable.map((item) => item.measure))];
  const measures = ids.map((id) => segregation.measures.find((item) => item.id === id) ?? { id, title: { de: id, en: id } });
  const measure = [shown.measure, "dissimilarity", ids[0]].find((id) => ids.includes(id)) ?? "";
  const wanted = usable.filter((item) => item.measure === measure);
  const level = [shown.geography, wanted.at(-1)?.geography].find((id) => wanted.some((item) => item.geography === id));
  const here = wanted.filter((item) => item.geography === level);
  if (!here.length) {
    element.replaceChildren(html("p", { class: "note" }, t("segregation.none")));
    return;
  }
  const name = of(measures.find((item) => item.id === measure)?.title);
  const known = [...new Set(here.flatMap((item) => item.points.map((point) => point.period)))].sort();
  const periods = years(known);
  const format = formatOf(measure, words);
  const interval = (/** @type {Partial<SegregationPoint>|undefined} */ point) =>
    typeof point?.corrected === "number" && typeof point.ci_low === "number" && typeof point.ci_high === "number"
      ? t("segregation.interval", {
          corrected: format.value(point.corrected),
          low: format.bare(point.ci_low),
          high: format.value(point.ci_high),
        })
      : "";
  const lines = here.map((item) => ({
    title: of(item.group.title),
    points: periods
      .filter((at) => known.includes(at))
      .map((at) => {
        const point = item.points.find((one) => one.period === at);
        return { ...point, period: at, value: point?.value ?? null, low: point?.ci_low, high: point?.ci_high };
      }),
  }));
  const says = (/** @type {import("./chart.js").Line} */ line) => {
    const points = line.points.filter((point) => point.value !== null);
    const [first, last] = [points[0], points[points.length - 1]];
    if (!first) return line.title;
    return t("segregation.series", {
      group: line.title,
      first: format.value(first.value ?? 0),
      from: first.period,
      last: format.value(last.value ?? 0),
      to: last.period,
    });
  };
  const title = t("segregation.chart", { measure: name, from: known[0], to: known[known.length - 1] });
  const leftOut = here.flatMap((item) => item.points.map((point) => point.areas_left_out ?? 0));
  const isOpen = element.querySelector("details")?.open ?? false;
  const isFocused = element.contains(document.activeElement) && document.activeElement?.tagName === "SELECT";
  const choice = html(
    "select",
    {
      id: "segregation-measure",
      onchange: (event) => onMeasure(/** @type {HTMLSelectElement} */ (event.target).value),
    },
    ...measures.map((item) => html("option", { value: item.id, selected: item.id === measure }, of(item.title))),
  );
  const hasIntervals = lines.some((line) => line.points.some((point) => interval(point)));
  const parts = [
    measures.length > 1 &&
      html("div", { class: "field" }, html("label", { for: choice.id }, t("segregation.measure")), choice),
    html("p", { class: "note" }, explanation(measure, name, of(geographies.find((item) => item.id === level)?.title), t)),
    lineChart({
      lines,
      periods,
      marked: shown.period,
      title,
      description: lines.map(says).join("; "),
      format: (point) => [format.value(point.value ?? 0), interval(point)].filter(Boolean).join("; "),
      formatAxis: format.axis,
    }),
    lineKey(lines, says),
    hasIntervals && html("p", { class: "note" }, t("segregation.band")),
    html(
      "details",
      { open: isOpen },
      html("summary", {}, t("segregation.table")),
      table({ title, lines, known, format: format.value, interval, words }),
    ),
    html("p", { class: "note" }, t("segregation.scale")),
    Math.max(...leftOut) > 0 &&
      html("p", { class: "note" }, t("segregation.left_out", { n: words.number(Math.max(...leftOut)) })),
    html(
      "p",
      { class: "note" },
      ...pointed([
        ...namedSources(segregation.sources ?? [], words),
        ...(here[0].edition ? [t("source.edition", { edition: here[0].edition })] : []),
      ]),
    ),
  ];
  element.replaceChildren(...parts.filter((part) => part instanceof Node));
  if (isFocused) choice.focus();
}

/**
 * The measured value of each group and, below it, the corrected one with its interval and what chance alone would give.
 *
 * @param {object} options
 * @param {string} options.title
 * @param {{title: string, points: (Point & Partial<SegregationPoint>)[]}[]} options.lines
 * @param {string[]} options.known periods
 * @param {(value: number) => string} options.format
 * @param {(point: Partial<SegregationPoint>) => string} options.interval
 * @param {Words} options.words
 */
function table({ title, lines, known, format, interval, words }) {
  const { t } = words;
  const small = (/** @type {string} */ text) => text && html("span", { class: "aside" }, text);
  return html(
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
            const point = points[i];
            const byChance =
              typeof point.expected === "number" ? t("segregation.by_chance", { value: format(point.expected) }) : "";
            return html(
              "td",
              {},
              html("span", { class: "measured" }, point.value === null ? "–" : format(point.value)),
              small(interval(point)),
              small(byChance),
            );
          }),
        ),
      ),
    ),
  );
}

/**
 * @param {string} measure
 * @param {Words} words
 */
function formatOf(measure, words) {
  if (SHARES.includes(measure)) {
    return {
      value: (/** @type {number} */ value) => words.value(100 * value, { decimals: 1, unit: "%" }),
      bare: (/** @type {number} */ value) => words.number(100 * value, 1),
      axis: (/** @type {number} */ value) => words.value(100 * value, { decimals: 0, unit: "%" }),
    };
  }
  const value = (/** @type {number} */ value) => words.number(value, 3);
  return { value, bare: value, axis: (/** @type {number} */ value) => words.number(value, 2) };
}

/**
 * @param {string} measure
 * @param {string} name
 * @param {string} geography
 * @param {Words["t"]} t
 */
function explanation(measure, name, geography, t) {
  const key = `segregation.explain_${measure}`;
  const own = t(key, { geography });
  return own === key ? t("segregation.explain_any", { measure: name, geography }) : own;
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
