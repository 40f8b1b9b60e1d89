/** A small horizontal bar from a middle line: to the right what is above zero, to the left what is below. */

import { svg } from "./elements.js";

const WIDTH = 72;
const HEIGHT = 12;

/**
 * The number itself stands beside it, so the drawing is hidden from screen readers.
 *
 * @param {number} value
 * @param {number} largest of all bars that are compared, without its sign
 */
export function signedBar(value, largest) {
  const middle = WIDTH / 2;
  const length = largest > 0 ? (Math.abs(value) / largest) * (middle - 1) : 0;
  return svg(
    "svg",
    {
      class: `signed-bar ${value < 0 ? "signed-bar-less" : "signed-bar-more"}`,
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      width: WIDTH,
      height: HEIGHT,
      "aria-hidden": "true",
    },
    svg("rect", { x: value < 0 ? middle - length : middle, y: 1.5, width: length, height: HEIGHT - 3 }),
    svg("line", { x1: middle, x2: middle, y1: 0, y2: HEIGHT }),
  );
}
