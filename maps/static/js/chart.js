/**
 * A small line chart as SVG: lines differ by dash and mark, not only by colour, and every point has a title.
 */

import { html, svg } from "./elements.js";

const WIDTH = 340;
const HEIGHT = 170;
const EDGE = { left: 34, right: 12, top: 10, bottom: 22 };
const DASHES = ["", "6 3", "2 3", "8 3 2 3", "1 2.5", "10 4"];

/**
 * @typedef {object} Line
 * @property {string} title
 * @property {{period: string, value: number|null}[]} points
 */

/**
 * @param {object} options
 * @param {Line[]} options.lines
 * @param {string[]} options.periods all periods, in order, on the horizontal axis
 * @param {string} options.marked period with a vertical line
 * @param {string} options.title
 * @param {string} options.description
 * @param {(value: number) => string} options.format
 * @param {(value: number) => string} options.formatAxis
 */
export function lineChart({ lines, periods, marked, title, description, format, formatAxis }) {
  const values = lines.flatMap((line) => line.points.map((point) => point.value)).filter((value) => value !== null);
  const steps = axisSteps(Math.max(...values, 0));
  const top = steps[steps.length - 1];
  /** @param {string} period */
  const x = (period) => {
    const span = Math.max(periods.length - 1, 1);
    return EDGE.left + (periods.indexOf(period) / span) * (WIDTH - EDGE.left - EDGE.right);
  };
  /** @param {number} value */
  const y = (value) => HEIGHT - EDGE.bottom - (value / top) * (HEIGHT - EDGE.top - EDGE.bottom);

  const drawing = svg(
    "svg",
    { class: "chart", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-labelledby": "chart-title chart-text" },
    svg("title", { id: "chart-title" }, title),
    svg("desc", { id: "chart-text" }, description),
  );
  for (const step of steps) {
    drawing.append(
      svg("line", { class: "grid", x1: EDGE.left, x2: WIDTH - EDGE.right, y1: y(step), y2: y(step) }),
      svg("text", { class: "axis", x: EDGE.left - 5, y: y(step) + 3.5, "text-anchor": "end" }, formatAxis(step)),
    );
  }
  const every = Math.max(1, Math.ceil(periods.length / 6));
  periods.forEach((period, i) => {
    const isLast = i === periods.length - 1;
    if (!isLast && (i % every || periods.length - 1 - i < every / 2)) return;
    drawing.append(
      svg("text", { class: "axis", x: x(period), y: HEIGHT - 6, "text-anchor": isLast ? "end" : "middle" }, period),
    );
  });
  if (periods.includes(marked)) {
    drawing.append(svg("line", { class: "now", x1: x(marked), x2: x(marked), y1: EDGE.top, y2: HEIGHT - EDGE.bottom }));
  }
  lines.forEach((line, i) => drawing.append(drawLine(line, i, x, y, format)));
  return drawing;
}

/**
 * The key below a chart: mark, dash and title of each line.
 *
 * @param {Line[]} lines
 * @param {(line: Line) => string} text
 */
export function lineKey(lines, text) {
  return html(
    "ul",
    { class: "chart-key" },
    ...lines.map((line, i) =>
      html(
        "li",
        {},
        svg(
          "svg",
          { viewBox: "0 0 30 12", width: 30, height: 12, "aria-hidden": "true", class: `series series-${i % 6}` },
          svg("line", { x1: 1, x2: 29, y1: 6, y2: 6, "stroke-dasharray": DASHES[i % 6] }),
          mark(i, 15, 6),
        ),
        html("span", {}, text(line)),
      ),
    ),
  );
}

/**
 * @param {Line} line
 * @param {number} i
 * @param {(period: string) => number} x
 * @param {(value: number) => number} y
 * @param {(value: number) => string} format
 */
function drawLine(line, i, x, y, format) {
  const group = svg("g", { class: `series series-${i % 6}` });
  let path = "";
  let isBroken = true; // a missing period leaves a gap
  for (const { period, value } of line.points) {
    if (value !== null) path += `${isBroken ? "M" : "L"}${x(period).toFixed(1)} ${y(value).toFixed(1)}`;
    isBroken = value === null;
  }
  group.append(svg("path", { d: path, "stroke-dasharray": DASHES[i % 6] }));
  for (const { period, value } of line.points) {
    if (value === null) continue;
    const point = mark(i, x(period), y(value));
    point.append(svg("title", {}, `${line.title}, ${period}: ${format(value)}`));
    group.append(point);
  }
  return group;
}

/** @param {number} i @param {number} x @param {number} y */
function mark(i, x, y) {
  const r = 3;
  const shapes = [
    () => svg("circle", { cx: x, cy: y, r }),
    () => svg("rect", { x: x - r + 0.3, y: y - r + 0.3, width: 2 * r - 0.6, height: 2 * r - 0.6 }),
    () => svg("path", { class: "mark", d: `M${x} ${y - r - 0.5}L${x + r + 0.4} ${y + r - 0.4}H${x - r - 0.4}Z` }),
    () =>
      svg("path", {
        class: "mark",
        d: `M${x} ${y - r - 1}L${x + r + 1} ${y}L${x} ${y + r + 1}L${x - r - 1} ${y}Z`,
      }),
    () => svg("path", { class: "mark", d: `M${x} ${y + r + 0.5}L${x + r + 0.4} ${y - r + 0.4}H${x - r - 0.4}Z` }),
    () => svg("circle", { cx: x, cy: y, r: r - 1 }),
  ];
  return shapes[i % shapes.length]();
}

/**
 * Round steps from 0 to at least the largest value.
 *
 * @param {number} largest
 */
function axisSteps(largest) {
  if (!(largest > 0)) return [0, 1];
  const power = 10 ** Math.floor(Math.log10(largest / 4));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size * 5 >= largest) ?? 10 * power;
  return Array.from({ length: Math.ceil(largest / step - 1e-9) + 1 }, (_, i) => i * step);
}
