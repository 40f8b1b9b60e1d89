/**
 * Texts and numbers in the reader's language.
 *
 * @typedef {import("./types.js").Text} Text
 * @typedef {Awaited<ReturnType<typeof loadLanguage>>} Words
 */

const LOCALES = { de: "de-DE", en: "en-GB" };
const NO_BREAK_SPACE = "\u00a0";

/**
 * Load one catalogue.
 *
 * @param {"de"|"en"} language
 */
export async function loadLanguage(language) {
  const response = await fetch(`static/i18n/${language}.json`);
  /** @type {Record<string, string>} */
  const catalogue = await response.json();
  const locale = LOCALES[language];
  const plural = new Intl.PluralRules(locale);
  const day = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" });

  /**
   * @param {string} key
   * @param {Record<string, string|number>} [parts] what stands for {name} in the text
   * @returns {string}
   */
  const t = (key, parts = {}) =>
    (catalogue[key] ?? key).replace(/\{(\w+)\}(\.?)/g, (whole, name, dot) => {
      if (!(name in parts)) return whole;
      const text = String(parts[name]);
      return text.endsWith(".") ? text : text + dot; // a unit such as "Pkw/Ew." ends the sentence, too
    });

  /**
   * @param {number} value
   * @param {number} [decimals]
   */
  const number = (value, decimals = 0) =>
    new Intl.NumberFormat(locale, { minimumFractionDigits: decimals, maximumFractionDigits: decimals })
      .format(value)
      .replace("-", "−");

  /** @param {string} unit */
  const unit = (unit) => catalogue[`unit.${unit}`] ?? unit;

  return {
    language,
    t,
    number,
    unit,
    /** A count with its word in the right number: "1 Gebiet", "3 Gebiete". @param {string} key @param {number} n */
    counted: (key, n) => t(`${key}.${plural.select(n) === "one" ? "one" : "other"}`, { n: number(n) }),
    /** A value with its unit: "12,3 %". @param {number} value @param {{decimals: number, unit: string}} indicator */
    value: (value, indicator) => (number(value, indicator.decimals) + NO_BREAK_SPACE + unit(indicator.unit)).trim(),
    /** @param {Text|undefined} text */
    of: (text) => text?.[language] || text?.de || text?.en || "",
    /** @param {string} isoDay */
    date: (isoDay) => day.format(new Date(`${isoDay}T00:00:00Z`)),
    /** Compare names as a dictionary of the language does. */
    compare: new Intl.Collator(locale, { numeric: true, sensitivity: "base" }).compare,
  };
}

/**
 * Put the language's texts where the page has a key for one.
 *
 * @param {Document} page
 * @param {Words} words
 */
export function labelPage(page, words) {
  page.documentElement.lang = words.language;
  for (const element of page.querySelectorAll("[data-i18n]")) {
    element.textContent = words.t(element.getAttribute("data-i18n") ?? "");
  }
  for (const element of page.querySelectorAll("[data-i18n-label]")) {
    element.setAttribute("aria-label", words.t(element.getAttribute("data-i18n-label") ?? ""));
  }
  for (const element of page.querySelectorAll("[data-i18n-title]")) {
    element.setAttribute("title", words.t(element.getAttribute("data-i18n-title") ?? ""));
  }
}
