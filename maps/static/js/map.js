/**
 * The map: areas filled by class or carrying circles, states as patterns, priority areas upon them. No base map.
 *
 * Geometry is given once per level; everything that changes with indicator and period goes through feature state.
 *
 * @typedef {import("./map-style.js").Theme} Theme
 * @typedef {import("./types.js").Layer} Layer
 * @typedef {import("./types.js").Collection} Collection
 * @typedef {import("./types.js").Feature} Feature
 * @typedef {import("./i18n.js").Words} Words
 */

import { Map as MapLibre, NavigationControl, ScaleControl, prewarm } from "maplibre-gl";

import { interiorPoint } from "./interior.js";
import { SOURCES, borderWidth, layers } from "./map-style.js";
import { patternImage } from "./patterns.js";
import { LAYERS } from "./priority-layers.js";
import { patterns } from "./priority-style.js";

const NOTHING = /** @type {Collection} */ ({ type: "FeatureCollection", features: [] });
const PADDING = 28;
const AROUND = 120; // so much of its surroundings is seen with an area
const REACH = 3; // pixels that a pointer may miss a point or a line by
const THINGS = ["overlays-point", "overlays-line", "overlays-street", "overlays-fill"];

/**
 * Start the map; it can be made before anything is known about the city.
 *
 * @param {HTMLElement} container
 * @param {object} options
 * @param {Theme} options.theme
 * @param {(area: string, point: {x: number, y: number}, thing: Feature["properties"]|null) => void} options.onHover
 *   area "" when there is none; what of the overlays lies there
 * @param {(area: string) => void} options.onSelect
 * @param {(at: string) => void} options.onMove told where the map is when the reader has moved it
 */
export async function createMap(container, { theme, onHover, onSelect, onMove }) {
  prewarm(); // the worker starts while the data are on their way
  const map = new MapLibre({
    container,
    style: { version: 8, sources: {}, layers: [layers(theme)[0]], transition: { duration: 0, delay: 0 } },
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    fadeDuration: 0,
    minZoom: 7,
    maxZoom: 18,
    cooperativeGestures: window.matchMedia("(max-width: 800px)").matches,
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new ScaleControl({ unit: "metric" }), "bottom-left");
  await new Promise((resolve, reject) => {
    map.once("style.load", resolve);
    map.once("error", (event) => reject(event.error));
  });
  const putPatterns = (/** @type {Theme} */ now) => {
    for (const [name, style] of Object.entries(patterns(now))) putImage(map, name, style);
  };
  putPatterns(theme);

  /** @type {Map<string, Feature>} */
  const byArea = new Map();
  /** @type {Map<string, string>} what each area shows now, so that only changes are told */
  const drawn = new Map();
  /** @type {Collection|null} where circles stand, while they are shown */
  let points = null;
  let stateKey = "";
  /** @type {Set<string>} */
  let hidden = new Set();
  let colours = theme;
  let hasCircles = false;
  /** @type {[number, number, number, number]|null} */
  let waiting = null;
  let hovered = "";
  let selected = "";

  /**
   * Give a source its data. It is made with the first ones: an empty source would be cut into tiles for nothing, and
   * those with content a second time.
   *
   * @param {string} name
   * @param {Collection} data
   */
  const setData = (name, data) => {
    const source = map.getSource(name);
    if (source) /** @type {any} */ (source).setData(data);
    else if (data.features.length) {
      map.addSource(name, { ...SOURCES[name], data });
      const all = layers({ ...colours, border: hasCircles ? colours.edge : colours.border });
      all.forEach((layer, i) => {
        if (layer.source !== name) return;
        const next = all.slice(i + 1).find((item) => map.getLayer(item.id));
        map.addLayer({ ...layer, layout: { ...layer.layout, visibility: visibilityOf(layer.id) } }, next?.id);
      });
    }
  };

  /** @param {string} layer */
  const visibilityOf = (layer) => (hidden.has(layer.split("-")[0]) ? "none" : "visible");

  const showFocus = () => {
    const marked = [
      [hovered, "hovered"],
      [selected, "selected"],
    ];
    setData("focus", {
      type: "FeatureCollection",
      features: marked.flatMap(([area, role]) => {
        const feature = byArea.get(area);
        return feature ? [{ type: "Feature", geometry: feature.geometry, properties: { role } }] : [];
      }),
    });
  };

  /** @param {{x: number, y: number}} point */
  const areaAt = (point) => {
    if (!map.getLayer("areas")) return "";
    const [found] = map.queryRenderedFeatures([point.x, point.y], { layers: ["areas"] });
    return String(found?.properties.area_id ?? "");
  };

  /** What of the overlays lies there: a point before a line before a surface. @param {{x: number, y: number}} point */
  const thingAt = ({ x, y }) => {
    const there = THINGS.filter((id) => map.getLayer(id));
    if (!there.length) return null;
    const found = map.queryRenderedFeatures(
      [
        [x - REACH, y - REACH],
        [x + REACH, y + REACH],
      ],
      { layers: there },
    );
    const [first] = found.sort((a, b) => THINGS.indexOf(a.layer.id) - THINGS.indexOf(b.layer.id));
    return first ? { ...first.properties } : null;
  };

  /** @param {string} area @param {{x: number, y: number}} point */
  const hover = (area, point) => {
    if (area !== hovered) {
      hovered = area;
      showFocus();
    }
    const thing = area ? thingAt(point) : null;
    map.getCanvas().classList.toggle("over-area", area !== "");
    onHover(area, point, thing);
  };

  map.on("mousemove", (event) => hover(areaAt(event.point), event.point));
  map.getCanvas().addEventListener("mouseleave", () => hover("", { x: 0, y: 0 }));
  map.on("movestart", () => hover("", { x: 0, y: 0 }));
  map.on("moveend", (event) => {
    // A change of the frame's size is a move too, but nobody asked for it.
    if (!event.originalEvent && !(/** @type {any} */ (event).isAsked)) return;
    const { lng, lat } = map.getCenter();
    onMove([map.getZoom(), lat, lng].map((n) => n.toFixed(4)).join("/"));
  });
  map.on("click", (event) => {
    onSelect(areaAt(event.point));
    hover(areaAt(event.point), event.point); // a finger does not hover
  });
  map.getCanvas().addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    const middle = map.project(map.getCenter());
    onSelect(areaAt(middle));
    hover(areaAt(middle), middle);
  });

  return {
    /** Resolve when the areas that were last given are on the screen, as they were last painted. */
    painted: () =>
      new Promise((/** @type {(value?: undefined) => void} */ resolve) => {
        const look = () => {
          const isComing = (/** @type {string} */ name) => map.getSource(name) && !map.isSourceLoaded(name);
          if (["areas", "states", "points"].some(isComing)) return;
          map.off("render", look);
          resolve();
        };
        map.on("render", look);
        map.triggerRepaint();
      }),

    /** Show the areas of one level; nothing is coloured yet. @param {Collection} areas */
    showAreas(areas) {
      byArea.clear();
      drawn.clear();
      stateKey = "";
      points = null;
      for (const name of ["areas", "points"]) if (map.getSource(name)) map.removeFeatureState({ source: name });
      for (const feature of areas.features) byArea.set(String(feature.properties.area_id), feature);
      setData("areas", areas);
      setData("points", NOTHING);
      showFocus();
    },

    /** Colour the areas. @param {Layer} layer */
    paint(layer) {
      hasCircles = layer.drawing === "symbols";
      const wanted = hasCircles ? (points ?? pointsOf(byArea)) : null;
      if (wanted !== points) setData("points", wanted ?? NOTHING);
      points = wanted;
      layer.area_ids.forEach((area, i) => {
        const look = lookOf(layer, i);
        const told = `${look.colour} ${look.radius} ${look.circle}`;
        if (drawn.get(area) === told) return;
        drawn.set(area, told);
        map.setFeatureState({ source: "areas", id: area }, { colour: look.colour });
        if (points) map.setFeatureState({ source: "points", id: area }, { radius: look.radius, circle: look.circle });
      });
      if (map.getLayer("areas-line")) {
        map.setPaintProperty("areas-line", "line-color", hasCircles ? colours.edge : colours.border);
        map.setPaintProperty("areas-line", "line-width", borderWidth(byArea.size));
      }
      this.paintStates(layer);
    },

    /** Give areas without a place on the scale their pattern. @param {Layer} layer */
    paintStates(layer) {
      const marked = layer.area_ids
        .map((area, i) => [area, layer.statuses[i]])
        .filter(([, status]) => status in layer.states);
      const key = JSON.stringify(marked);
      if (key === stateKey) return;
      stateKey = key;
      for (const [name, style] of Object.entries(layer.states)) putImage(map, `state-${name}`, style);
      setData("states", {
        type: "FeatureCollection",
        features: marked.flatMap(([area, status]) => {
          const geometry = byArea.get(area)?.geometry;
          return geometry ? [{ type: "Feature", geometry, properties: { pattern: `state-${status}` } }] : [];
        }),
      });
    },

    /** Give a priority layer or the overlays their shapes. @param {string} name @param {Collection} shapes */
    showShapes(name, shapes) {
      setData(name, shapes);
    },

    /** @param {{layers: string[]}} wanted layers of the priority areas that are shown */
    toggle({ layers: wanted }) {
      hidden = new Set(LAYERS.map((layer) => layer.id).filter((id) => !wanted.includes(id)));
      for (const { id, source } of layers(colours)) {
        if (LAYERS.some((layer) => layer.id === source) && map.getLayer(id)) {
          map.setLayoutProperty(id, "visibility", visibilityOf(id));
        }
      }
    },

    /** @param {string} area "" for none */
    select(area) {
      if (area === selected) return;
      selected = area;
      showFocus();
    },

    /** @param {string} area */
    has: (area) => byArea.has(area),

    /**
     * Bring a box into view.
     *
     * @param {[number, number, number, number]} box
     * @param {{isQuiet?: boolean}} [how] quiet: at once, and not told as a move of the reader
     */
    fit(box, { isQuiet = false } = {}) {
      if (!container.clientWidth) {
        waiting = box; // behind the table the map has no size to fit into
        return;
      }
      const isStill = isQuiet || window.matchMedia("(prefers-reduced-motion: reduce)").matches;
      map.fitBounds(box, { padding: PADDING, duration: isStill ? 0 : 500, maxZoom: 15 }, { isAsked: !isQuiet });
    },

    /** @param {{coordinates: any}} geometry */
    fitGeometry(geometry) {
      this.fit(boxOf(geometry));
    },

    /** @param {string} area @param {number} covered pixels at the right that something lies on */
    fitArea(area, covered) {
      const feature = byArea.get(area);
      if (!feature) return;
      const right = covered + 3 * AROUND < container.clientWidth ? covered + AROUND : AROUND;
      const padding = { top: AROUND, bottom: AROUND, left: AROUND, right };
      map.fitBounds(boxOf(feature.geometry), { padding, duration: 0, maxZoom: 14 });
    },

    /** Go where a link says; false when it is not understood. @param {string} at zoom/latitude/longitude */
    goTo(at) {
      const [zoom, lat, lng] = at.split("/").map(Number);
      if (![zoom, lat, lng].every(Number.isFinite) || Math.abs(lat) > 85 || Math.abs(lng) > 180) return false;
      map.jumpTo({ zoom, center: [lng, lat] });
      return true;
    },

    /** The map has come to the front, or its frame has changed. */
    resize() {
      map.resize();
      const box = waiting;
      waiting = null;
      if (box) this.fit(box, { isQuiet: true });
    },

    /** @param {Theme} next */
    setTheme(next) {
      colours = next;
      for (const layer of layers(hasCircles ? { ...next, border: next.edge } : next)) {
        if (!map.getLayer(layer.id)) continue;
        for (const [name, value] of Object.entries(layer.paint ?? {})) {
          map.setPaintProperty(layer.id, /** @type {any} */ (name), value);
        }
      }
      if (map.getLayer("areas-line")) map.setPaintProperty("areas-line", "line-width", borderWidth(byArea.size));
      putPatterns(next);
    },

    /** @param {Words} words */
    relabel({ t }) {
      map.getCanvas().setAttribute("aria-label", t("map.label"));
      for (const [name, key] of /** @type {const} */ ([
        ["in", "map.zoom_in"],
        ["out", "map.zoom_out"],
      ])) {
        const button = container.querySelector(`.maplibregl-ctrl-zoom-${name}`);
        button?.setAttribute("title", t(key));
        button?.setAttribute("aria-label", t(key));
      }
      const help = container.querySelector(".maplibregl-cooperative-gesture-screen");
      help?.querySelector(".maplibregl-desktop-message")?.replaceChildren(t("map.scroll"));
      help?.querySelector(".maplibregl-mobile-message")?.replaceChildren(t("map.fingers"));
    },
  };
}

/**
 * The smallest box around a geometry.
 *
 * @param {{coordinates: any}} geometry
 * @returns {[number, number, number, number]}
 */
function boxOf(geometry) {
  const box = /** @type {[number, number, number, number]} */ ([Infinity, Infinity, -Infinity, -Infinity]);
  for (const [x, y] of pairs(geometry.coordinates)) {
    box[0] = Math.min(box[0], x);
    box[1] = Math.min(box[1], y);
    box[2] = Math.max(box[2], x);
    box[3] = Math.max(box[3], y);
  }
  return box;
}

/** @param {any} coordinates @returns {Iterable<[number, number]>} */
function* pairs(coordinates) {
  if (typeof coordinates[0] === "number") yield coordinates;
  else for (const part of coordinates) yield* pairs(part);
}

/** @param {Map<string, Feature>} byArea @returns {Collection} */
function pointsOf(byArea) {
  return {
    type: "FeatureCollection",
    features: [...byArea].map(([area, { geometry }]) => ({
      type: "Feature",
      geometry: { type: "Point", coordinates: interiorPoint(geometry) },
      properties: { area_id: area },
    })),
  };
}

/**
 * What the area with number `i` looks like. @param {Layer} layer @param {number} i
 */
function lookOf(layer, i) {
  const status = layer.statuses[i];
  const value = layer.values[i];
  const symbols = layer.symbols;
  const isCircle = symbols !== null && value !== null && status !== "zero";
  return {
    colour: layer.classes[layer.class_index[i]]?.colour ?? null,
    radius: isCircle ? symbols.scale * Math.sqrt(Math.abs(value)) : 0,
    circle: isCircle ? (value < 0 ? symbols.negative_colour : symbols.colour) : null,
  };
}

/**
 * @param {MapLibre} map
 * @param {string} name
 * @param {Parameters<typeof patternImage>[0]} style
 */
function putImage(map, name, style) {
  const { image, pixelRatio } = patternImage(style);
  if (map.hasImage(name)) map.updateImage(name, image);
  else map.addImage(name, image, { pixelRatio });
}
