/**
 * One area in words: the same for tooltip, card and table.
 *
 * @typedef {import("./types.js").Layer} Layer
 * @typedef {import("./types.js").Feature} Feature
 * @typedef {import("./i18n.js").Words} Words
 *
 * @typedef {object} AreaFacts
 * @property {string} id
 * @property {string} name
 * @property {number|null} number value for sorting
 * @property {string} value value with unit, label of the class for ordinal indicators, or why there is none
 * @property {string} interval how far chance may carry the value: "(10,1–14,9 %)", "" if there is none
 * @property {string} comparison how the area compares with the rest of the city, "" if nobody knows
 * @property {string} klass label of the class, "" if there is none
 * @property {string} status
 * @property {boolean} isPlain whether the status needs no mention
 */

/**
 * @param {Layer} layer
 * @param {number} i number of the area in the layer
 * @param {Feature|undefined} feature
 * @param {Words} words
 * @returns {AreaFacts}
 */
export function describeArea(layer, i, feature, words) {
  const id = layer.area_ids[i];
  const value = layer.values[i];
  const status = layer.statuses[i];
  const item = layer.classes[layer.class_index[i]];
  const label = item ? words.of(item.label) : "";
  const comparison = layer.intervals?.comparison[i];
  const isOrdinal = layer.indicator.kind === "ordinal";
  return {
    id,
    name: String(feature?.properties.name || words.t("area.no_name", { id })),
    number: value,
    value: value === null ? words.t(`status.${status}`) : isOrdinal ? label : words.value(value, layer.indicator),
    interval: describeInterval(layer, i, words),
    comparison: comparison ? words.t(`comparison.${comparison}`) : "",
    klass: isOrdinal ? "" : label,
    status: words.t(`status.${status}`),
    isPlain: status === "measured" || value === null,
  };
}

/**
 * @param {Layer} layer
 * @param {number} i
 * @param {Words} words
 */
function describeInterval({ intervals, indicator }, i, words) {
  const low = intervals?.ci_low[i] ?? null;
  const high = intervals?.ci_high[i] ?? null;
  if (low === null || high === null) return "";
  return `(${words.number(low, indicator.decimals)}–${words.value(high, indicator)})`;
}
