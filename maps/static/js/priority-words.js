/**
 * Numbers of the priority areas in plain words, the same wherever they are said.
 *
 * @typedef {import("./priority-data.js").Proposal} Proposal
 * @typedef {import("./i18n.js").Words} Words
 */

/**
 * How often, from which share of the variants on; the service names the classes by the same limits.
 *
 * @type {[number, string][]}
 */
const OFTEN = [
  [0.95, "standing.always"],
  [0.5, "standing.mostly"],
  [0.05, "standing.sometimes"],
  [0, "standing.never"],
];

/** So small a gap is the rounding of the numbers themselves. */
const ROUNDING = 1e-9;

/** @param {number} share of the variants, 0 to 1 @param {Words} words */
export function waysOfStanding(share, words) {
  return words.t(OFTEN.find(([least]) => share >= least)?.[1] ?? "standing.never");
}

/**
 * How much better a proposal could be at most.
 *
 * @param {number|null} gap as a share, null where nobody knows
 * @param {Words} words
 */
export function gapInWords(gap, words) {
  if (gap === null) return words.t("passport.gap_unknown");
  if (gap <= ROUNDING) return words.t("passport.gap_none");
  const percent = Math.ceil(1000 * gap - 1e-9) / 10;
  return words.t("passport.gap", { share: words.value(percent, { decimals: 1, unit: "%" }) });
}

/**
 * The limits that were set, each in words; none are said too.
 *
 * @param {Record<string, any>} parameters
 * @param {Words} words
 * @returns {string[]}
 */
export function limitsInWords(parameters, words) {
  const { t } = words;
  const { least_residents: least, most_residents: most, most_share: share, most_regions: regions } = parameters;
  const said = [
    least ? t("limits.least_residents", { n: words.number(least) }) : "",
    typeof most === "number" ? t("limits.most_residents", { n: words.number(most) }) : "",
    typeof share === "number" && share < 1 ? t("limits.most_share", { share: shareOf(share, words) }) : "",
    typeof regions === "number" ? t("limits.most_regions", { n: words.number(regions) }) : "",
  ].filter(Boolean);
  return said.length ? said : [t("limits.none")];
}

/** @param {number} share @param {Words} words */
function shareOf(share, words) {
  const percent = 100 * share;
  return words.value(percent, { decimals: Number.isInteger(Math.round(1e6 * percent) / 1e6) ? 0 : 1, unit: "%" });
}

/** @param {number|null|undefined} residents @param {Words} words */
export const people = (residents, words) =>
  typeof residents === "number" ? words.number(Math.round(residents)) : words.t("status.missing");
