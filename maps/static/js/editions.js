/**
 * Which edition of the boundaries is shown: areas are cut anew now and then, and older values stay with the older ones.
 *
 * @typedef {import("./types.js").City} City
 * @typedef {import("./types.js").Edition} Edition
 * @typedef {{geography: string, edition: string}} Place level and edition that something was made on
 */

/**
 * The wished edition, or "" for the newest: also where there is none of this name.
 *
 * @param {City} city
 * @param {string} wished
 */
export function possibleEdition(city, wished) {
  const isEarlier = city.geographies.some((level) => editionsOf(level).slice(1).some((item) => item.edition === wished));
  return isEarlier ? wished : "";
}

/**
 * A city as it is in an edition: only the levels that have it.
 *
 * @param {City} city
 * @param {string} edition "" for the newest of each level
 * @returns {City}
 */
export function inEdition(city, edition) {
  if (!edition) return city;
  const geographies = city.geographies.flatMap((level) => {
    const found = editionsOf(level).find((item) => item.edition === edition);
    return found ? [{ ...level, edition, areas: found.areas }] : [];
  });
  return { ...city, geographies };
}

/**
 * Whether what was made on a level and edition lies on the areas that are shown of a city.
 *
 * @param {Place|undefined} place
 * @param {City} city as it is in the edition that is shown
 */
export function fits(place, city) {
  if (!place?.edition) return true;
  return city.geographies.find((level) => level.id === place.geography)?.edition === place.edition;
}

/**
 * The editions of a level, the newest first.
 *
 * @param {{editions?: Edition[]}|undefined} level
 * @returns {Edition[]}
 */
export function editionsOf(level) {
  return level?.editions ?? [];
}
