/**
 * A point that surely lies inside an area, for circles: the middle of the widest stretch on the horizontal line
 * through the middle of the shape, like PostGIS' ST_PointOnSurface.
 */

/**
 * @param {{type: string, coordinates: any}} geometry Polygon or MultiPolygon
 * @returns {[number, number]}
 */
export function interiorPoint(geometry) {
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  /** @type {[number, number]} */
  let best = [NaN, NaN];
  let widest = -1;
  for (const rings of polygons) {
    const y = middleBetweenCorners(rings[0]);
    const crossings = rings.flatMap((/** @type {number[][]} */ ring) => crossingsAt(ring, y)).sort(byNumber);
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      const width = crossings[i + 1] - crossings[i];
      if (width > widest) {
        widest = width;
        best = [(crossings[i] + crossings[i + 1]) / 2, y];
      }
    }
  }
  return best;
}

/** @param {number} a @param {number} b */
const byNumber = (a, b) => a - b;

/**
 * A height near the middle of the ring on which no corner lies.
 *
 * @param {number[][]} ring
 */
function middleBetweenCorners(ring) {
  let [low, high] = [Infinity, -Infinity];
  for (const [, y] of ring) {
    low = Math.min(low, y);
    high = Math.max(high, y);
  }
  const middle = (low + high) / 2;
  for (const [, y] of ring) {
    if (y <= middle && y > low) low = y;
    if (y > middle && y < high) high = y;
  }
  return (low + high) / 2;
}

/**
 * @param {number[][]} ring
 * @param {number} y
 */
function crossingsAt(ring, y) {
  const found = [];
  for (let i = 1; i < ring.length; i += 1) {
    const [[x1, y1], [x2, y2]] = [ring[i - 1], ring[i]];
    if (y1 > y !== y2 > y) found.push(x1 + ((y - y1) / (y2 - y1)) * (x2 - x1));
  }
  return found;
}
