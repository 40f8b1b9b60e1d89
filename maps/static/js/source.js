/**
 * The source line: who published, under which licence, for which day and which boundaries.
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
export function renderSource(element, { indicator, source, reference_date: day }, { words, onMethod }) {
  const { t } = words;
  const title = words.of(source.title);
  const named = [title, source.attribution].filter((text, i, all) => text && all.indexOf(text) === i).join(", ");
  const line = t("source.line", { attribution: named });
  const parts = [
    isWeb(source.url) ? html("a", { href: source.url, rel: "noreferrer" }, line) : line,
    source.licence && t("source.licence", { licence: source.licence }),
    t(indicator.numerator || indicator.unit === "index" ? "source.computed" : "source.drawn"),
    day && t("source.reference", { date: words.date(day) }),
    source.edition && t("source.edition", { edition: source.edition }),
  ].filter(Boolean);
  element.replaceChildren(
    html("p", {}, ...parts.flatMap((part, i) => (i ? [" · ", part] : [part]))),
    html("button", { type: "button", class: "link", onclick: onMethod }, t("source.method")),
  );
}

/** Only addresses of web pages become links. @param {string} url */
function isWeb(url) {
  return /^https?:\/\//i.test(url);
}
