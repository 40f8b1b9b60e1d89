/**
 * The map on the page: it starts while data are on their way, remembers what it shows, and is missing without WebGL.
 *
 * @typedef {import("./types.js").City} City
 * @typedef {import("./types.js").Collection} Collection
 * @typedef {import("./types.js").Layer} Layer
 * @typedef {import("./types.js").View} View
 * @typedef {import("./i18n.js").Words} Words
 */

import { byId } from "./elements.js";
import { readTheme, whenThemeChanges } from "./theme.js";

/**
 * @param {object} options
 * @param {Parameters<typeof import("./map.js").createMap>[1]["onHover"]} options.onHover
 * @param {(area: string) => void} options.onSelect
 * @param {(at: string) => void} options.onMove
 */
export function createMapStage({ onHover, onSelect, onMove }) {
  /** @type {Awaited<ReturnType<typeof import("./map.js").createMap>>|null} */
  let map = null;
  let canDraw = true;
  /** @type {Words|null} */
  let words = null;
  let city = "";
  /** @type {Collection|null} */
  let areas = null;
  /** @type {Map<string, Collection>} priority areas and overlays that came before the map */
  const waiting = new Map();
  const coming = start(); // the large library loads and starts while the first answers are on their way

  async function start() {
    try {
      const { createMap } = await import("./map.js");
      const made = await createMap(byId("map"), { theme: readTheme(), onHover, onSelect, onMove });
      whenThemeChanges((theme) => made.setTheme(theme));
      if (words) made.relabel(words);
      return made;
    } catch {
      canDraw = false;
      return null;
    }
  }

  return {
    /** Whether there is a map, or may still be one. */
    get canDraw() {
      return canDraw;
    },

    /** Wait for the map; false when there will be none. */
    async isReady() {
      map ??= await coming;
      for (const [name, shapes] of waiting) map?.showShapes(name, shapes);
      waiting.clear();
      return map !== null;
    },

    /**
     * Show a layer, and wait until it is painted when the map is in front.
     *
     * @param {{city: City, areas: Collection, layer: Layer}} shown
     * @param {View} view
     */
    async draw(shown, view) {
      if (!map) return;
      if (city !== shown.city.id && !(view.at && map.goTo(view.at))) map.fit(shown.city.bbox, { isQuiet: true });
      city = shown.city.id;
      if (areas !== shown.areas) map.showAreas(shown.areas);
      areas = shown.areas;
      map.paint(shown.layer);
      map.toggle(view);
      map.select(view.area);
      byId("loading").hidden = true;
      if (view.view === "map") await map.painted();
    },

    /** Give a priority layer or the overlays their shapes. @param {string} name @param {Collection} shapes */
    showShapes(name, shapes) {
      if (map) map.showShapes(name, shapes);
      else waiting.set(name, shapes);
    },

    /** Bring an area into view, beside the card that lies on the map. @param {string} area */
    fitArea(area) {
      const card = byId("area-card");
      map?.fitArea(area, getComputedStyle(card).position === "absolute" ? card.offsetWidth : 0);
    },

    /** @param {any} geometry */
    fitGeometry: (geometry) => map?.fitGeometry(geometry),
    /** @param {string} area "" for none */
    select: (area) => map?.select(area),
    /** @param {View} view */
    toggle: (view) => map?.toggle(view),
    resize: () => map?.resize(),
    /** @param {Words} wanted */
    relabel(wanted) {
      words = wanted;
      map?.relabel(wanted);
    },
  };
}
