/**
 * The switches for the layers of the priority areas, each with a sample of what it draws: they are the legend too.
 *
 * @typedef {import("./priority-data.js").Priority} Priority
 * @typedef {import("./i18n.js").Words} Words
 * @typedef {{rows: HTMLElement, box: HTMLInputElement, told: HTMLElement, parts: HTMLElement|null}} Switch
 */

import { fits } from "./editions.js";
import { html } from "./elements.js";
import { key } from "./priority-key.js";
import { CHANGES, LAYERS, MARGIN_GRADES, STANDINGS } from "./priority-layers.js";
import { people } from "./priority-words.js";

const STANDING_LABELS = /** @type {Record<string, string>} */ ({
  always: "standing.always_legend",
  mostly: "standing.mostly_legend",
  sometimes: "standing.sometimes_legend",
  never: "standing.never_legend",
});
const CHANGE_LABELS = /** @type {Record<string, string>} */ ({
  kept: "change.kept",
  added: "change.added",
  removed: "change.removed",
});

/**
 * Make the switches of a city; `update` tells which are on, so that the keyboard's place stays.
 *
 * @param {Priority} known
 * @param {object} options
 * @param {import("./types.js").City} options.city as it is in the edition that is shown
 * @param {Words} options.words
 * @param {(layers: string[]) => void} options.onToggle told all layers that are wanted, also those this city does not have
 */
export function createSwitches(known, { city, words, onToggle }) {
  const { t } = words;
  /** @type {Map<string, Switch>} */
  const all = new Map();
  /** @type {string[]} */
  let wanted = [];
  const offered = LAYERS.filter(({ id }) => known.layers.includes(id) || id === "cases");
  for (const { id, title } of offered) all.set(id, row(id, t(title)));
  const element = html(
    "fieldset",
    { class: "switches" },
    html("legend", {}, t("priority.on_map")),
    ...[...all.values()].map((item) => item.rows),
  );

  /** @param {string} id @param {string} title @returns {Switch} */
  function row(id, title) {
    const place = known.places[id];
    const isFitting = fits(place, city);
    const isThere = known.layers.includes(id) && isFitting;
    const other = isFitting ? "" : t("source.edition", { edition: place.edition });
    const told = html("span", { class: "note", role: "status" }, other);
    const box = html("input", {
      type: "checkbox",
      id: `show-${id}`,
      disabled: !isThere,
      onchange: () =>
        onToggle(LAYERS.map((layer) => layer.id).filter((one) => (one === id ? box.checked : wanted.includes(one)))),
    });
    const parts = isThere ? partsOf(id, known, words) : null;
    const rows = html(
      "div",
      { class: "switch" },
      html("p", { class: "toggle" }, box, html("label", { for: box.id }, key(id), html("span", {}, title)), told),
      parts,
    );
    return { rows, box, told, parts };
  }

  return {
    element,

    /** @param {string[]} layers that are wanted */
    update(layers) {
      wanted = layers;
      for (const [id, { box, parts }] of all) {
        box.checked = layers.includes(id) && !box.disabled;
        if (parts) parts.hidden = !box.checked;
      }
    },

    /**
     * Say that a layer is on its way, or that it did not come; "" when it is there.
     *
     * @param {string} id
     * @param {string} text
     */
    tell(id, text) {
      const told = all.get(id)?.told;
      if (told) told.textContent = text;
    },
  };
}

/** The legend of a layer that has several signs. @param {string} id @param {Priority} known @param {Words} words */
function partsOf(id, { proposal }, words) {
  const { t } = words;
  /** @type {[string, string][]} */
  let lines = [];
  if (id === "margin") {
    lines = Array.from({ length: MARGIN_GRADES }, (_, i) => [`margin-${i + 1}`, gradeLabel(i + 1, words)]);
  } else if (id === "bands") {
    const metres = Number(proposal?.parameters.zone_distance ?? 0);
    const to = (/** @type {number} */ value) => words.value(value, { decimals: 0, unit: "m" });
    lines = [
      ["bands-near", t("priority.band_near", { to: to(metres / 2) })],
      ["bands-far", t("priority.band_far", { from: words.number(metres / 2), to: to(metres) })],
    ];
  } else if (id === "changes") {
    lines = CHANGES.map((name) => {
      const amount = proposal?.summary.changes?.[name];
      const counted = amount && [
        words.counted("legend.areas", amount.areas),
        t("priority.residents", { n: people(amount.residents, words) }),
      ];
      return [`changes-${name}`, [t(CHANGE_LABELS[name]), counted?.join(", ")].filter(Boolean).join(": ")];
    });
  } else if (id === "stability") {
    lines = STANDINGS.map((name) => [`stability-${name}`, t(STANDING_LABELS[name])]);
  }
  if (!lines.length) return null;
  const variants = words.number(proposal?.summary.variants ?? 0);
  return html(
    "div",
    { class: "parts", hidden: true },
    ...(id === "stability" ? [html("p", { class: "note" }, t("priority.stability_note", { variants }))] : []),
    html("ul", {}, ...lines.map(([name, text]) => html("li", {}, key(name), html("span", {}, text)))),
  );
}

/** @param {number} grade @param {Words} words */
function gradeLabel(grade, words) {
  const step = 100 / MARGIN_GRADES;
  const percent = (/** @type {number} */ value) => words.value(value, { decimals: 0, unit: "%" });
  const to = (MARGIN_GRADES - grade + 1) * step;
  if (grade === 1) return words.t("priority.grade_from", { from: percent(to - step) });
  if (grade === MARGIN_GRADES) return words.t("priority.grade_below", { to: percent(to) });
  return words.t("priority.grade", { from: words.number(to - step), to: percent(to) });
}
