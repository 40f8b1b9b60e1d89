/**
 * A part of the side panel that asks for data of its own, after the map, and is drawn again whenever the view changes.
 *
 * @typedef {import("./types.js").City} City
 * @typedef {import("./types.js").View} View
 * @typedef {import("./i18n.js").Words} Words
 * @typedef {{city: City, view: View, words: Words}} Context
 */

/**
 * @template T
 * @param {(city: string) => Promise<T>} ask
 * @param {(known: T, context: Context) => void} draw
 */
export function createPart(ask, draw) {
  let city = "";
  /** @type {{city: string, answer: T}|null} */
  let known = null;
  return {
    /** Ask for the data of a city; what comes after another city was asked for is not kept. @param {string} wanted */
    async load(wanted) {
      city = wanted;
      const answer = await ask(wanted);
      if (city === wanted) known = { city: wanted, answer };
    },
    /** Draw, if the data of this city are there. @param {Context} context */
    render(context) {
      if (known?.city === context.city.id) draw(known.answer, context);
    },
  };
}
