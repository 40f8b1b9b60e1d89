/**
 * A small line chart as SVG: lines differ by dash and mark, not only by colour, every point has a title, a band says how
 * sure a line is.
 */

import { html, svg } from "./elements.js";

const WIDTH = 340;
const HEIGHT = 170;
const EDGE = { left: 34, right: 12, top: 10, bottom: 22 };
const DASHES = ["", "6 3", "2 3", "8 3 2 3", "1 2.5", "10 4"];

/**
 * @typedef {object} Point
 * @property {string} period
 * @property {number|null} value
 * @property {number|null} [low] lower end of the band around the line
 * @property {number|null} [high] upper end of the band
 *
 * @typedef {object} Line
 * @property {string} title
 * @property {Point[]} points
 */

/**
 * @param {object} options
 * @param {Line[]} options.lines
 * @param {string[]} options.periods all periods, in order, on the horizontal axis
 * @param {string} options.marked period with a vertical line
 * @param {string} options.title
 * @param {string} options.description
 * @param {(point: Point) => string} options.format
 * @param {(value: number) => string} options.formatAxis
 */
export function lineChart({ lines, periods, marked, title, description, format, formatAxis }) {
  const values = lines.flatMap((line) => line.points.flatMap((point) => [point.value, point.high ?? null]));
  const steps = axisSteps(Math.max(...values.filter((value) => value !== null), 0));
  const top = steps[steps.length - 1];
  /** @param {string} period */
  const x = (period) => {
    const span = Math.max(periods.length - 1, 1);
    return EDGE.left + (periods.indexOf(period) / span) * (WIDTH - EDGE.left - EDGE.right);
  };
  /** @param {number} value */
  const y = (value) => HEIGHT - EDGE.bottom - (Math.max(value, 0) / top) * (HEIGHT - EDGE.top - EDGE.bottom);

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
    if (!isLast && (i % every || periods.length - 1 - i < every)) return;
    drawing.append(
      svg("text", { class: "axis", x: x(period), y: HEIGHT - 6, "text-anchor": isLast ? "end" : "middle" }, period),
    );
  });
  if (periods.includes(marked)) {
    drawing.append(svg("line", { class: "now", x1: x(marked), x2: x(marked), y1: EDGE.top, y2: HEIGHT - EDGE.bottom }));
  }
  lines.forEach((line, i) => drawing.append(...drawBands(line, i, x, y)));
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
 * @param {(point: Point) => string} format
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
  for (const point of line.points) {
    if (point.value === null) continue;
    const sign = mark(i, x(point.period), y(point.value));
    sign.append(svg("title", {}, `${line.title}, ${point.period}: ${format(point)}`));
    group.append(sign);
  }
  return group;
}

/**
 * One area per unbroken run of periods with a band.
 *
 * @param {Line} line
 * @param {number} i
 * @param {(period: string) => number} x
 * @param {(value: number) => number} y
 */
function drawBands(line, i, x, y) {
  /** @type {{period: string, low: number, high: number}[][]} */
  const runs = [[]];
  for (const { period, low, high } of line.points) {
    if (typeof low === "number" && typeof high === "number") runs[runs.length - 1].push({ period, low, high });
    else runs.push([]);
  }
  return runs
    .filter((run) => run.length)
    .map((run) => {
      const over = run.map((at) => `${x(at.period).toFixed(1)} ${y(at.high).toFixed(1)}`);
      const under = run.map((at) => `${x(at.period).toFixed(1)} ${y(at.low).toFixed(1)}`).reverse();
      return svg("path", { class: `band series-${i % 6}`, d: `M${[...over, ...under].join("L")}Z` });
    });
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
