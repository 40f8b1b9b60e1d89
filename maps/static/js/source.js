/**
 * The source line: who published, each with the licence, for which day and which boundaries.
 *
 * @typedef {import("./types.js").Layer} Layer
 * @typedef {import("./i18n.js").Words} Words
 */

import { html } from "./elements.js";

/**
 * @param {HTMLElement} element
 * @param {Layer} layer
 * @param {object} options
 * @param {Words} options.words
 * @param {() => void} options.onMethod
 */
export function renderSource(element, { indicator, source, sources, reference_date: day }, { words, onMethod }) {
  const { t } = words;
  const parts = [
    ...namedSources(sources ?? [source], words),
    t(indicator.numerator || indicator.unit === "index" ? "source.computed" : "source.drawn"),
    day && t("source.reference", { date: words.date(day) }),
    source.edition && t("source.edition", { edition: source.edition }),
  ].filter(Boolean);
  element.replaceChildren(
    html("p", {}, ...pointed(parts)),
    html("button", { type: "button", class: "link", onclick: onMethod }, t("source.method")),
  );
}

/** Parts of a line with points between them. @param {(HTMLElement|string)[]} parts */
export const pointed = (parts) => parts.flatMap((part, i) => (i ? [" · ", part] : [part]));

/**
 * Every source with its licence.
 *
 * @param {import("./types.js").Source[]} sources
 * @param {Words} words
 */
export const namedSources = (sources, words) => sources.flatMap((one) => named(one, words));

/**
 * One source with its licence.
 *
 * @param {import("./types.js").Source} source
 * @param {Words} words
 * @returns {(HTMLElement|string)[]}
 */
function named({ title, attribution, licence, url }, words) {
  const { t, of } = words;
  const texts = [of(title), attribution].filter((text, i, all) => text && all.indexOf(text) === i);
  const line = t("source.line", { attribution: texts.join(", ") });
  return [
    isWeb(url) ? html("a", { href: url, rel: "noreferrer" }, line) : line,
    ...(licence ? [t("source.licence", { licence })] : []),
  ];
}

/** Only addresses of web pages become links. @param {string} url */
function isWeb(url) {
  return /^https?:\/\//i.test(url);
}
