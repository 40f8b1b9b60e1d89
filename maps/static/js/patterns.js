/**
 * The same patterns on the map and in the legend, from the shapes the service sends.
 *
 * @typedef {import("./types.js").StateStyle} StateStyle
 */

import { svg } from "./elements.js";

const SHARPNESS = 2; // image pixels per screen pixel
let made = 0;

/**
 * Draw a pattern as an image for the map; the ground stays transparent when the colour is.
 *
 * @param {Pick<StateStyle, "colour"|"pattern"|"ink"> & {halo?: string}} style `halo`: a broad light line below
 * @returns {{image: ImageData, pixelRatio: number}}
 */
export function patternImage({ colour, pattern, ink, halo }) {
  const size = pattern.tile * SHARPNESS;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
  pen.fillStyle = colour;
  pen.fillRect(0, 0, size, size);
  pen.scale(SHARPNESS, SHARPNESS);
  pen.lineCap = "round";
  const path = new Path2D(pattern.path);
  if (halo) {
    pen.strokeStyle = halo;
    pen.lineWidth = pattern.width + 1.6;
    pen.stroke(path);
  }
  pen.strokeStyle = ink;
  pen.lineWidth = pattern.width;
  pen.stroke(path);
  return { image: pen.getImageData(0, 0, size, size), pixelRatio: SHARPNESS };
}

/**
 * Draw a small field of a colour and, if given, a pattern.
 *
 * @param {{colour: string, pattern?: StateStyle["pattern"], ink?: string}} style
 * @returns {SVGElement}
 */
export function swatch({ colour, pattern, ink }) {
  const field = { x: 0.5, y: 0.5, width: 25, height: 15, rx: 2 };
  const drawing = svg("svg", { class: "swatch", viewBox: "0 0 26 16", width: 26, height: 16, "aria-hidden": "true" });
  drawing.append(svg("rect", { ...field, fill: colour }));
  if (pattern) drawing.append(...patterned({ pattern, ink }, field));
  drawing.append(svg("rect", { ...field, fill: "none", class: "swatch-edge" }));
  return drawing;
}

/**
 * A rectangle filled with a pattern, and the pattern itself before it.
 *
 * @param {{pattern: StateStyle["pattern"], ink?: string}} style
 * @param {{x: number, y: number, width: number, height: number, rx?: number}} field
 * @param {boolean} [isCentred] whether a tile stands in the middle of the field
 * @returns {SVGElement[]}
 */
export function patterned({ pattern, ink }, field, isCentred = false) {
  const id = `pattern-${(made += 1)}`;
  const path = { d: pattern.path, fill: "none", stroke: ink, "stroke-width": pattern.width, "stroke-linecap": "round" };
  const [x, y] = [field.x + (field.width - pattern.tile) / 2, field.y + (field.height - pattern.tile) / 2];
  const size = {
    width: pattern.tile,
    height: pattern.tile,
    patternUnits: "userSpaceOnUse",
    patternTransform: isCentred ? `translate(${x} ${y})` : null,
  };
  return [svg("pattern", { id, ...size }, svg("path", path)), svg("rect", { ...field, fill: `url(#${id})` })];
}
