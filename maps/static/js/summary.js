/**
 * The map in one sentence, for those who do not see it.
 *
 * @typedef {import("./types.js").Layer} Layer
 * @typedef {import("./i18n.js").Words} Words
 */

/**
 * @param {Layer} layer
 * @param {Words} words
 * @returns {string}
 */
export function summarise(layer, words) {
  const values = layer.values.filter((value) => value !== null);
  const parts = { indicator: words.of(layer.indicator.title), period: layer.period };
  if (!values.length) return words.t("map.summary_none", parts);
  const label = (/** @type {number} */ value) =>
    layer.indicator.kind === "ordinal"
      ? words.of(layer.classes.find((item) => item.low === value)?.label)
      : words.value(value, layer.indicator);
  return words.t("map.summary", {
    ...parts,
    with_value: words.number(values.length),
    areas: words.number(layer.area_ids.length),
    low: label(values.reduce((a, b) => Math.min(a, b))),
    high: label(values.reduce((a, b) => Math.max(a, b))),
  });
}
