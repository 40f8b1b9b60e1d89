/**
 * Which map can be shown? A wished view becomes one for which there are values.
 *
 * @typedef {import("./types.js").City} City
 * @typedef {import("./types.js").Indicator} Indicator
 * @typedef {import("./types.js").View} View
 */

/**
 * @param {View} wished
 * @param {City} city
 * @param {Indicator[]} indicators
 * @returns {View|null} null when the city has no values at all
 */
export function possibleView(wished, city, indicators) {
  const usable = indicators.filter((item) => city.geographies.some((level) => periodsOf(item, level.id).length));
  const indicator =
    usable.find((item) => item.id === wished.indicator) ??
    usable.find((item) => item.id === city.default.indicator) ??
    usable[0];
  if (!indicator) return null;
  const levels = city.geographies.filter((level) => periodsOf(indicator, level.id).length);
  const geography =
    levels.find((level) => level.id === wished.geography) ??
    levels.find((level) => level.id === city.default.geography) ??
    levels.find((level) => level.is_finest) ??
    levels[levels.length - 1];
  const periods = periodsOf(indicator, geography.id);
  return {
    ...wished,
    city: city.id,
    indicator: indicator.id,
    geography: geography.id,
    period: nearest(periods, wished.period || city.default.period),
  };
}

/**
 * @param {Indicator} indicator
 * @param {string} geography
 * @returns {string[]} in order
 */
export function periodsOf(indicator, geography) {
  return [...(indicator.availability[geography] ?? [])].sort();
}

/**
 * All periods the slider shows: those of any indicator on this level, and every year between the first and the
 * last, so that gaps are seen as gaps.
 *
 * @param {Indicator[]} indicators
 * @param {string} geography
 * @returns {string[]}
 */
export function allPeriods(indicators, geography) {
  const known = [...new Set(indicators.flatMap((item) => item.availability[geography] ?? []))].sort();
  if (known.length < 2 || !known.every((period) => /^\d{4}$/.test(period))) return known;
  const [first, last] = [Number(known[0]), Number(known[known.length - 1])];
  return Array.from({ length: last - first + 1 }, (_, i) => String(first + i));
}

/**
 * The wished period, or the latest before it, or the first one.
 *
 * @param {string[]} periods in order
 * @param {string} wished
 */
function nearest(periods, wished) {
  if (!wished) return periods[periods.length - 1];
  return periods.findLast((period) => period <= wished) ?? periods[0];
}
