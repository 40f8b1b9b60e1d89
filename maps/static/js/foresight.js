/**
 * Asking already for what will most probably be shown next, so that it is there at once.
 *
 * @typedef {import("./types.js").City} City
 * @typedef {import("./types.js").Indicator} Indicator
 * @typedef {import("./types.js").View} View
 * @typedef {Pick<ReturnType<typeof import("./api.js").createApi>, "areas"|"layer">} Api
 */

import { periodsOf } from "./view.js";

/**
 * The first map, before the indicators of the city are known.
 *
 * @param {Api} api
 * @param {View} wished
 * @param {City} city
 */
export function foresee(api, wished, city) {
  const isOpen = !wished.indicator && !wished.geography && !wished.period && !wished.edition;
  const isWhole = wished.indicator && wished.geography && wished.period && wished.city === city.id;
  if (!isOpen && !isWhole) return;
  const likely = { ...(isOpen ? city.default : wished), city: city.id, edition: wished.edition };
  api.areas(city.id, likely.geography, likely.edition).catch(() => undefined);
  api.layer(likely).catch(() => undefined);
}

/**
 * The neighbouring periods, while nothing else is to do: the slider moves at once.
 *
 * @param {Api} api
 * @param {View} view
 * @param {Indicator|undefined} indicator
 */
export function prefetch(api, view, indicator) {
  if (!indicator) return;
  const periods = periodsOf(indicator, view.geography);
  const here = periods.indexOf(view.period);
  const near = [1, -1, 2, -2].map((step) => periods[here + step]).filter(Boolean);
  const wait = window.requestIdleCallback ?? ((/** @type {() => void} */ run) => setTimeout(run, 50));
  wait(() => near.forEach((period) => api.layer({ ...view, period }).catch(() => undefined)));
}
