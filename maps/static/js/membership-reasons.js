/**
 * Why an area is in a priority area or not: the answer, the amounts for and against it as bars, what turns it round,
 * what its need is made of, its neighbours. All numbers and sentences come from the service.
 *
 * @typedef {import("./types.js").Text} Text
 * @typedef {import("./priority-data.js").Proposal} Proposal
 * @typedef {import("./i18n.js").Words} Words
 *
 * @typedef {{about: string, sentence: Text}} Sentence
 *
 * @typedef {object} Membership
 * @property {{id: string, name: string}} area
 * @property {boolean} is_member
 * @property {string|null} region_id
 * @property {"core"|"margin"|"rest"} zone_class
 * @property {number|null} membership 0 to 1
 * @property {number|null} certainty 0 to 1
 * @property {number|null} need
 * @property {number|null} threshold
 * @property {{about: "need"|"border"|"inertia"|"sum", support: number|null, points: number|null}[]} amounts
 * @property {{indicator: {title: Text}, contribution: number|null}[]} contributions
 * @property {{id: string, name: string, border: number, is_member: boolean, support: number|null}[]} neighbours
 * @property {number|null} stability 0 to 1
 * @property {Sentence[]} sentences
 * @property {{reason: string, sentence: Text}|null} case
 */

import { html } from "./elements.js";
import { waysOfStanding } from "./priority-words.js";
import { signedBar } from "./signed-bar.js";

const FIRST = ["answer", "need"];
const TURNING = ["limits", "turning", "forcing"];
const CLASSES = { core: "member.core", margin: "member.margin", rest: "member.rest" };
const AMOUNTS = { need: "member.need", border: "member.border", inertia: "member.inertia", sum: "member.sum" };
/** From this share of the resamples on the class is as sure as the words say. @type {[number, string][]} */
const CERTAINTIES = [
  [0.95, "member.very_sure"],
  [0.8, "member.fairly_sure"],
  [0.6, "member.rather_sure"],
  [0, "member.not_sure"],
];

/**
 * @param {Membership} answer
 * @param {object} options
 * @param {Words} options.words
 * @param {Proposal} options.proposal
 * @param {(area: string) => void} options.onArea
 * @param {(region: string) => void} options.onRegion
 * @returns {HTMLElement[]}
 */
export function renderMembership(answer, { words, proposal, onArea, onRegion }) {
  const { t, of } = words;
  const told = (/** @type {(about: string) => boolean} */ wanted) =>
    answer.sentences.filter((item) => wanted(item.about)).map((item) => of(item.sentence));
  const region = answer.region_id;
  return [
    ...told((about) => FIRST.includes(about)).map((text) => html("p", { class: "why-lead" }, text)),
    ...(answer.case
      ? [html("p", { class: "why-lead case-note" }, t("member.case", { reason: of(answer.case.sentence) }))]
      : []),
    html("h4", {}, t("member.standing")),
    html("ul", { class: "why-list" }, ...standing(answer, proposal, words).map((text) => html("li", {}, text))),
    ...amounts(answer, words),
    ...told((about) => !FIRST.includes(about) && !TURNING.includes(about)).map((text) =>
      html("p", { class: "why-lead" }, text),
    ),
    ...listed(t("member.turning"), told((about) => TURNING.includes(about))),
    ...contributions(answer, words),
    ...neighbours(answer, words, onArea),
    ...(region
      ? [
          html(
            "p",
            {},
            html(
              "button",
              { type: "button", class: "link", onclick: () => onRegion(region) },
              t("member.to_region", { id: region }),
            ),
          ),
        ]
      : []),
  ];
}

/**
 * Class with its membership, how sure that is, and how stable.
 *
 * @param {Membership} answer
 * @param {Proposal} proposal
 * @param {Words} words
 */
function standing({ zone_class: name, membership, certainty, stability }, proposal, words) {
  const { t } = words;
  const lines = [t(CLASSES[name], { share: membership === null ? "–" : share(membership, words) })];
  if (certainty !== null) {
    const said = t(CERTAINTIES.find(([least]) => certainty >= least)?.[1] ?? "member.not_sure");
    const runs = proposal.summary.draws;
    lines.push(t("member.certainty", { said, share: share(certainty, words), runs: words.number(runs) }));
  }
  if (stability !== null) {
    const parts = { share: share(stability, words), variants: words.number(proposal.summary.variants) };
    lines.push(t("member.stability", { ...parts, said: waysOfStanding(stability, words) }));
  }
  return lines;
}

/** @param {number} value @param {Words} words */
const share = (value, words) => words.value(100 * value, { decimals: 0, unit: "%" });

/** @param {string} title @param {string[]} sentences */
function listed(title, sentences) {
  if (!sentences.length) return [];
  return [
    html("h4", {}, title),
    html("ul", { class: "why-list" }, ...sentences.map((text) => html("li", {}, text))),
  ];
}

/**
 * The amounts for and against as bars in index points, and their sum: the table is the drawing.
 *
 * @param {Membership} answer
 * @param {Words} words
 */
function amounts({ amounts: all }, words) {
  const { t } = words;
  const shown = all.filter((item) => item.points !== null && (item.about !== "inertia" || item.points !== 0));
  if (!shown.length) return [];
  const parts = shown.filter((item) => item.about !== "sum");
  const largest = Math.max(...shown.map((item) => Math.abs(item.points ?? 0)), 0);
  const line = (/** @type {Membership["amounts"][number]} */ item) => {
    const value = item.points ?? 0;
    return barRow(t(AMOUNTS[item.about]), value, largest, sense(value, words, "member.for", "member.against"), words);
  };
  const sums = shown.filter((item) => item.about === "sum");
  const heads = /** @type {[string, string]} */ ([t("member.amount"), t("member.points")]);
  return [
    html("h4", {}, t("member.amounts")),
    barTable(t("member.amounts"), heads, parts.map(line), sums.map(line), words),
    html("p", { class: "note" }, t("member.amounts_note")),
  ];
}

/** @param {Membership} answer @param {Words} words */
function contributions({ contributions: all }, words) {
  const { t, of } = words;
  const known = all
    .filter((item) => item.contribution !== null)
    .toSorted((a, b) => Math.abs(b.contribution ?? 0) - Math.abs(a.contribution ?? 0));
  if (!known.length) return [];
  const largest = Math.max(...known.map((item) => Math.abs(item.contribution ?? 0)));
  const rows = known.map((item) => {
    const value = item.contribution ?? 0;
    const said = sense(value, words, "why.more_need", "why.less_need");
    return barRow(of(item.indicator.title), value, largest, said, words);
  });
  return [
    html(
      "details",
      {},
      html("summary", {}, t("member.contributions")),
      barTable(t("member.contributions"), [t("why.indicator"), t("why.part")], rows, [], words),
      html("p", { class: "note" }, t("why.parts_note")),
    ),
  ];
}

/** @param {Membership} answer @param {Words} words @param {(area: string) => void} onArea */
function neighbours({ neighbours: all }, words, onArea) {
  const { t } = words;
  if (!all.length) return [];
  const rows = all
    .toSorted((a, b) => b.border - a.border)
    .map(({ id, name, border, is_member: isMember }) =>
      html(
        "tr",
        {},
        html(
          "th",
          { scope: "row" },
          html("button", { type: "button", class: "link", onclick: () => onArea(id) }, html("bdi", {}, name || id)),
        ),
        html("td", {}, words.value(border, { decimals: 0, unit: "m" })),
        html("td", {}, t(isMember ? "member.yes" : "member.no")),
      ),
    );
  const heads = [t("member.neighbour"), t("member.shared_border"), t("member.belongs")];
  return [
    html(
      "details",
      {},
      html("summary", {}, t("member.neighbours", { n: words.number(all.length) })),
      html(
        "table",
        { class: "numbers" },
        html("thead", {}, html("tr", {}, ...heads.map((text) => html("th", { scope: "col" }, text)))),
        html("tbody", {}, ...rows),
      ),
    ),
  ];
}

/**
 * @param {string} title
 * @param {[string, string]} heads
 * @param {HTMLElement[]} rows
 * @param {HTMLElement[]} sums
 * @param {Words} words
 */
function barTable(title, [first, last], rows, sums, words) {
  const heads = html(
    "tr",
    {},
    html("th", { scope: "col" }, first),
    html("td", {}, words.t("why.part")),
    html("th", { scope: "col" }, last),
  );
  return html(
    "table",
    { class: "why-parts" },
    html("caption", { class: "unseen" }, title),
    html("thead", { class: "unseen" }, heads),
    html("tbody", {}, ...rows),
    ...(sums.length ? [html("tfoot", {}, ...sums)] : []),
  );
}

/** @param {string} title @param {number} value @param {number} largest @param {string} said @param {Words} words */
function barRow(title, value, largest, said, words) {
  return html(
    "tr",
    {},
    html("th", { scope: "row" }, title),
    html("td", { class: "why-bar" }, signedBar(value, largest)),
    html("td", {}, signed(value, words), html("span", { class: "why-sense" }, said)),
  );
}

/** @param {number} value @param {Words} words @param {string} more @param {string} less */
function sense(value, words, more, less) {
  if (!/[1-9]/.test(words.number(value, 2))) return words.t("member.even");
  return words.t(value > 0 ? more : less);
}

/** @param {number} value @param {Words} words */
function signed(value, words) {
  const text = words.number(value, 2);
  if (!/[1-9]/.test(text)) return words.number(0, 2);
  return value > 0 ? `+${text}` : text;
}
