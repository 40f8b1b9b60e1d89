/**
 * The period slider: one step per period, gaps visible, empty periods skipped.
 *
 * @typedef {import("./i18n.js").Words} Words
 */

import { html } from "./elements.js";

const MOST_LABELS = 6;

/**
 * @param {HTMLElement} element
 * @param {object} options
 * @param {string[]} options.periods all periods, in order
 * @param {string[]} options.available those with values
 * @param {string} options.period
 * @param {Words} options.words
 * @param {(period: string) => void} options.onChange
 */
export function renderPeriod(element, { periods, available, period, words, onChange }) {
  const key = JSON.stringify([periods, available, words.language]);
  const slider = element.querySelector("input");
  if (slider && element.dataset.key === key) {
    setPeriod(element, slider, periods, period); // keep the element, and with it the keyboard focus
    return;
  }
  element.dataset.key = key;
  const missing = periods.filter((item) => !available.includes(item));
  let last = periods.indexOf(period);
  const input = html("input", {
    id: "period",
    type: "range",
    min: 0,
    max: Math.max(periods.length - 1, 0),
    step: 1,
    disabled: available.length < 2,
    "aria-describedby": "period-hint",
    oninput: () => {
      const wanted = Number(input.value);
      const chosen = nearestAvailable(periods, available, wanted, Math.sign(wanted - last));
      last = periods.indexOf(chosen);
      setPeriod(element, input, periods, chosen);
      onChange(chosen);
    },
  });
  const step = Math.max(1, Math.ceil(periods.length / MOST_LABELS));
  const ticks = periods.map((item, i) =>
    html(
      "li",
      { class: available.includes(item) ? "tick" : "tick tick-missing", title: item },
      (i % step === 0 && i <= periods.length - 1 - step) || i === periods.length - 1 ? html("span", {}, item) : "",
    ),
  );
  element.replaceChildren(
    html(
      "div",
      { class: "period-head" },
      html("label", { for: "period" }, words.t("panel.period")),
      html("output", { for: "period", id: "period-shown" }),
    ),
    input,
    html("ol", { class: periods.length > 1 ? "ticks" : "ticks ticks-single", "aria-hidden": "true" }, ...ticks),
    missing.length
      ? html("p", { class: "note missing-note" }, words.t("panel.period_missing", { periods: ranges(missing, periods) }))
      : "",
    html("p", { class: "unseen", id: "period-hint" }, words.t("panel.period_hint")),
  );
  setPeriod(element, input, periods, period);
}

/**
 * @param {HTMLElement} element
 * @param {HTMLInputElement} input
 * @param {string[]} periods
 * @param {string} period
 */
function setPeriod(element, input, periods, period) {
  input.value = String(periods.indexOf(period));
  input.setAttribute("aria-valuetext", period);
  const shown = element.querySelector("output");
  if (shown) shown.textContent = period;
}

/**
 * The period itself if it has values, else the next one in the direction of movement, else the nearest.
 *
 * @param {string[]} periods
 * @param {string[]} available
 * @param {number} wanted
 * @param {number} direction
 * @returns {string}
 */
export function nearestAvailable(periods, available, wanted, direction) {
  const open = available.map((item) => periods.indexOf(item)).filter((i) => i >= 0);
  const ahead = direction === 0 ? [] : open.filter((i) => (i - wanted) * direction >= 0);
  const candidates = ahead.length ? ahead : open;
  return periods[candidates.reduce((best, i) => (Math.abs(i - wanted) < Math.abs(best - wanted) ? i : best))];
}

/**
 * "2014–2016, 2018" for periods that follow each other.
 *
 * @param {string[]} missing
 * @param {string[]} periods
 */
function ranges(missing, periods) {
  /** @type {string[][]} */
  const runs = [];
  for (const item of missing) {
    const run = runs[runs.length - 1];
    if (run && periods.indexOf(run[run.length - 1]) === periods.indexOf(item) - 1) run.push(item);
    else runs.push([item]);
  }
  return runs.map((run) => (run.length > 2 ? `${run[0]}–${run[run.length - 1]}` : run.join(", "))).join(", ");
}
