/**
 * Colours of what is not data, from the style sheet, so that the map follows light and dark.
 *
 * @typedef {import("./map-style.js").Theme} Theme
 */

/** @returns {Theme} */
export function readTheme() {
  const style = getComputedStyle(document.documentElement);
  const colour = (/** @type {string} */ name) => style.getPropertyValue(`--map-${name}`).trim();
  return {
    ground: colour("ground"),
    land: colour("land"),
    border: colour("border"),
    edge: colour("edge"),
    focus: colour("focus"),
    proposal: colour("proposal"),
    proposalHalo: colour("proposal-halo"),
    zone: colour("zone"),
    link: colour("link"),
    force: colour("force"),
    kept: colour("kept"),
    added: colour("added"),
    removed: colour("removed"),
  };
}

/** @param {(theme: Theme) => void} onChange */
export function whenThemeChanges(onChange) {
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => onChange(readTheme()));
}
