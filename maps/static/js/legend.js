/**
 * The legend, drawn from the same object as the map: classes or circles, then the states, with counts.
 *
 * @typedef {import("./types.js").Layer} Layer
 * @typedef {import("./i18n.js").Words} Words
 */

import { html, svg } from "./elements.js";
import { swatch } from "./patterns.js";

/**
 * @param {HTMLElement} element
 * @param {Layer} layer
 * @param {Words} words
 */
export function renderLegend(element, layer, words) {
  const { t, of } = words;
  const states = Object.entries(layer.states).filter(([, style]) => style.count > 0);
  // Bars compare classes; beside circles there is nothing to compare.
  const compared = layer.classes.length ? [...layer.classes, ...states.map(([, style]) => style)] : [];
  const most = Math.max(0, ...compared.map((item) => item.count));
  const unit = words.unit(layer.indicator.unit);
  const rows = [
    ...layer.classes.map((item) => row("class", swatch(item), of(item.label), item, most, words)),
    ...states.map(([name, style]) => row(name, swatch(style), of(style.label), style, most, words)),
  ];
  element.replaceChildren(
    html("p", { class: "legend-head" }, of(layer.indicator.title), unit && html("span", { class: "unit" }, unit)),
    ...(layer.symbols?.steps.length ? [circles(layer.symbols, words)] : []),
    ...(layer.classes.length || layer.symbols?.steps.length ? [] : [html("p", { class: "note" }, t("legend.empty"))]),
    html(
      "table",
      { class: "legend" },
      html(
        "thead",
        { class: "unseen" },
        html(
          "tr",
          {},
          html("th", { scope: "col" }, t("legend.class")),
          html("th", { scope: "col" }, t("legend.count")),
        ),
      ),
      html("tbody", {}, ...rows),
    ),
    html("p", { class: "note" }, t(noteKey(layer), { scheme: of(layer.scheme.title) })),
    ...(isCompared(layer) ? [chanceNote(layer, words)] : []),
  );
}

/** @param {Layer} layer */
const isCompared = ({ intervals }) => Boolean(intervals?.comparison.some((item) => item !== null));

/** How often an area is told apart though it does not differ. @param {Layer} layer @param {Words} words */
function chanceNote({ intervals }, words) {
  const share = words.value(100 * (1 - (intervals?.level ?? 1)), { decimals: 0, unit: "%" });
  return html("p", { class: "note legend-chance" }, words.t("legend.chance", { share }));
}

/** @param {Layer} layer */
function noteKey(layer) {
  if (layer.drawing === "symbols") return "legend.symbols";
  return layer.scheme.id === "labels" ? "legend.labels" : "legend.fixed";
}

/**
 * @param {string} name
 * @param {SVGElement} field
 * @param {string} label
 * @param {{count: number}} item
 * @param {number} most
 * @param {Words} words
 */
function row(name, field, label, { count }, most, words) {
  const length = Math.max(count ? 1 : 0, (count / most) * 36);
  return html(
    "tr",
    { "data-row": name },
    html("th", { scope: "row" }, field, html("span", { class: "legend-label" }, label)),
    html(
      "td",
      {},
      most > 0 &&
        svg(
          "svg",
          { class: "bar", viewBox: "0 0 36 6", width: 36, height: 6, "aria-hidden": "true" },
          svg("rect", { width: length, height: 6, rx: 1.5 }),
        ),
      html("span", { class: "legend-count", title: words.counted("legend.areas", count) }, words.number(count)),
    ),
  );
}

/**
 * @param {NonNullable<Layer["symbols"]>} symbols
 * @param {Words} words
 */
function circles(symbols, words) {
  const rows = symbols.steps.map(({ value, radius, label }) => {
    const size = Math.max(2 * radius + 2, 4);
    return html(
      "li",
      {},
      html(
        "span",
        { class: "circle-cell" },
        svg(
          "svg",
          { viewBox: `0 0 ${size} ${size}`, width: size, height: size, "aria-hidden": "true" },
          svg("circle", {
            cx: size / 2,
            cy: size / 2,
            r: radius,
            fill: value < 0 ? symbols.negative_colour : symbols.colour,
          }),
        ),
      ),
      html("span", { class: "legend-label" }, words.of(label)),
    );
  });
  return html("ul", { class: "legend-circles" }, ...rows);
}
