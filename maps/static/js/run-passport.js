/**
 * How a proposal came about: its rules, how good it is, and what is needed to make it again.
 *
 * @typedef {import("./priority-data.js").Proposal} Proposal
 * @typedef {import("./i18n.js").Words} Words
 */

import { html } from "./elements.js";
import { gapInWords, limitsInWords } from "./priority-words.js";

const KINDS = /** @type {Record<string, string>} */ ({
  blue: "passport.kind_blue",
  red: "passport.kind_red",
  green: "passport.kind_green",
});

/**
 * @param {Proposal} proposal
 * @param {object} options
 * @param {Words} options.words
 * @param {() => void} options.onMethod
 * @returns {HTMLElement}
 */
export function renderPassport({ run, period, edition, parameters, summary, decisions }, { words, onMethod }) {
  const { t } = words;
  const points = (/** @type {number} */ value) => t("passport.points", { value: words.number(value, 2) });
  const day = run.finished_at?.slice(0, 10);
  /** @type {[string, string|string[]][]} */
  const rows = [
    ["passport.quality", gapInWords(summary.relative_gap, words)],
    ["passport.threshold", points(Number(parameters.threshold))],
    ["passport.margin", points(Number(parameters.margin))],
    ["passport.border_price", t("passport.price", { value: words.number(Number(parameters.border_price), 2) })],
    ["passport.limits", limitsInWords(parameters, words)],
    ...(parameters.inertia > 0
      ? [/** @type {[string, string]} */ (["passport.inertia", points(Number(parameters.inertia))])]
      : []),
    ["passport.decisions", decided(decisions, words)],
    ["passport.kind", t(KINDS[parameters.kind] ?? "passport.kind_blue")],
    ["passport.data", t("passport.data_of", { period, edition })],
    ["passport.unknown", words.counted("legend.areas", summary.areas_without_need)],
    ["passport.seed", words.number(Number(parameters.seed))],
    ["passport.run", t("passport.run_of", { run: String(run.id), date: day ? words.date(day) : "–" })],
    ["passport.version", run.code_version],
    ["passport.inputs", short(run.inputs_hash)],
    ["passport.geometry", short(summary.geometry_sha256)],
  ];
  return html(
    "div",
    { class: "passport" },
    html("dl", {}, ...rows.flatMap(([name, said]) => entry(t(name), said))),
    html("p", { class: "note" }, t("passport.again")),
    html("button", { type: "button", class: "link", onclick: onMethod }, t("passport.method")),
  );
}

/** @param {string} title @param {string|string[]} said */
function entry(title, said) {
  return [html("dt", {}, title), ...[said].flat().map((text) => html("dd", {}, text))];
}

/** The beginning of a long number is enough to compare two. @param {string} digest */
const short = (digest) => (digest.length > 16 ? `${digest.slice(0, 12)}…` : digest);

/** What was decided beforehand, with its reasons. @param {Proposal["decisions"]} decisions @param {Words} words */
function decided({ locked, inside, outside }, words) {
  const { t } = words;
  const said = [
    ...locked.map(({ region_id: id, reason }) => t("passport.locked", { id, reason })),
    ...inside.map(({ name, reason }) => t("passport.inside", { name, reason })),
    ...outside.map(({ name, reason }) => t("passport.outside", { name, reason })),
  ];
  return said.length ? said : t("passport.nothing_decided");
}
