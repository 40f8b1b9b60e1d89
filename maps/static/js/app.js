/**
 * What happens when: the address is read, data are asked for, every part of the page is drawn from the same view.
 *
 * @typedef {import("./types.js").City} City
 * @typedef {import("./types.js").Collection} Collection
 * @typedef {import("./types.js").Indicator} Indicator
 * @typedef {import("./types.js").Layer} Layer
 * @typedef {import("./types.js").View} View
 * @typedef {import("./i18n.js").Words} Words
 * @typedef {import("./alerts.js").Alert} Alert
 * @typedef {import("./part.js").Context} Context
 */

import { readView, writeView } from "./address.js";
import { createAlerts } from "./alerts.js";
import { createApi } from "./api.js";
import { renderAreaCard } from "./area-card.js";
import { renderChoices } from "./choices.js";
import { describeArea } from "./describe.js";
import { fits, inEdition, possibleEdition } from "./editions.js";
import { byId } from "./elements.js";
import { foresee, prefetch } from "./foresight.js";
import { labelPage, loadLanguage } from "./i18n.js";
import { renderLegend } from "./legend.js";
import { createMapStage } from "./map-stage.js";
import { createMembership } from "./membership.js";
import { markBusy, markEmpty, notify, say, tellFailure } from "./notices.js";
import { createOverlays, describeThing } from "./overlays.js";
import { createPart } from "./part.js";
import { renderPeriod } from "./period.js";
import { createLoader } from "./priority-data.js";
import { createPriority } from "./priority.js";
import { renderSegregation } from "./segregation.js";
import { renderSource } from "./source.js";
import { summarise } from "./summary.js";
import { createTable } from "./table.js";
import { renderTooltip } from "./tooltip.js";
import { allPeriods, periodsOf, possibleView } from "./view.js";
import { createWhy } from "./why.js";

/** Start the page: one application per document. */
export function startApp() {
  const pageLanguage = document.documentElement.lang;
  const api = createApi();
  const map = createMapStage({
    onHover: (area, point, thing) => {
      const told = thing && shown ? describeThing(thing, shown.city, words) : null;
      renderTooltip(byId("tooltip"), factsOf(area), point, words, told);
    },
    onSelect: (area) => select(area),
    onMove: (at) => keep({ at }),
  });
  const table = createTable(byId("table-frame"), { onSelect: (area) => select(area, true) });
  const why = createWhy({ api, onFold: (isOpen) => keep({ why: isOpen }) });
  const membership = createMembership({
    api,
    onFold: (isOpen) => keep({ member: isOpen }),
    onArea: (area) => select(area, true),
    onRegion: (region) => {
      keep({ region });
      renderPart(parts.proposals);
      priority.reveal(region);
    },
  });
  const priority = createPriority(byId("proposals"), {
    api,
    map,
    onChange: (wanted) => {
      keep(wanted);
      renderPart(parts.proposals);
    },
    onZoom: (region) => {
      keep({ view: "map" });
      renderView();
      map.fitGeometry(region.geometry);
    },
    onArea: (area, place) => showCase(area, place),
    onEdition: (place) => change({ ...place, period: "", area: "" }),
    onMethod: () => dialog("method").showModal(),
  });
  const overlays = createOverlays(byId("overlays"), {
    api,
    map,
    onChange: (wanted) => {
      keep(wanted);
      renderOverlays();
    },
  });
  const alerts = createAlerts(byId("alerts"), {
    heading: byId("alerts-title"),
    onFilter: (geography) => {
      keep({ alerts: geography });
      renderPart(parts.alerts);
    },
    onChoose: showAlert,
  });
  const parts = {
    proposals: createPart(createLoader(api), (known, context) => {
      priority.render(known, context);
      void membership.show(priority.known, view, words);
    }),
    alerts: createPart(
      (city) => Promise.all([api.alerts(city), api.alertRules(city)]),
      ([items, rules], context) => alerts.update({ alerts: items, rules, ...context }),
    ),
    segregation: createPart(api.segregation, showSegregation),
  };

  let view = readView(location.search, pageLanguage);
  /** @type {Words} */
  let words;
  /** @type {{city: City, cities: City[], indicators: Indicator[], areas: Collection, layer: Layer}|null} */
  let shown = null;
  /** @type {Map<string, number>} place of each area in the layer */
  let place = new Map();
  /** @type {Map<string, import("./types.js").Feature>} */
  let features = new Map();
  let turn = 0;

  /**
   * Show a wished view, or the nearest one that has values.
   *
   * @param {View} wished
   * @param {"push"|"replace"|"keep"} history what becomes of the address
   */
  async function show(wished, history) {
    turn += 1;
    const mine = turn;
    markBusy(true, view);
    try {
      const asked = api.cities();
      asked.catch(() => undefined); // told below, when there are words for it
      if (words?.language !== wished.language) {
        const loaded = await loadLanguage(wished.language);
        if (mine !== turn) return;
        words = loaded;
        relabel();
      }
      const cities = await asked;
      if (mine !== turn) return;
      markEmpty(cities.length === 0);
      if (!cities.length) return;
      const known = cities.find((item) => item.id === wished.city) ?? cities[0];
      const edition = possibleEdition(known, wished.edition);
      const city = inEdition(known, edition);
      foresee(api, { ...wished, edition }, city);
      const indicators = await api.indicators(city.id, edition);
      const possible = possibleView({ ...wished, edition }, city, indicators);
      if (mine !== turn) return;
      if (!possible) {
        notify(words.t("notice.no_values"), words.t("notice.no_values_detail"));
        return;
      }
      const [areas, layer] = await Promise.all([api.areas(city.id, possible.geography, edition), api.layer(possible)]);
      if (mine !== turn) return;
      const isFallback = Boolean(wished.indicator) && !sameMap(wished, possible);
      view = possible;
      if (areas !== shown?.areas) {
        features = new Map(areas.features.map((item) => [String(item.properties.area_id), item]));
      }
      if (!features.has(view.area)) view.area = "";
      shown = { city, cities, indicators, areas, layer };
      place = new Map(layer.area_ids.map((area, i) => [area, i]));
      if (history !== "keep") remember(history);
      notify("", "");
      renderPanels();
      loadParts(mine);
      await drawMap(mine);
      if (mine !== turn) return;
      const told = { indicator: words.of(layer.indicator.title), period: view.period };
      say(words.t(isFallback ? "notice.fallback" : "notice.shown", told));
      prefetch(api, view, indicators.find((item) => item.id === view.indicator));
    } catch (error) {
      if (mine === turn) tellFailure(error, words);
    } finally {
      if (mine === turn) markBusy(false, view);
    }
  }

  /** Change what the address says, but not which map is shown. @param {Partial<View>} change */
  function keep(change) {
    view = { ...view, ...change };
    remember("replace");
  }

  /** @param {Partial<View>} change @param {"push"|"replace"} [history] */
  const change = (change, history = "push") => show({ ...view, ...change }, history);

  /** @param {"push"|"replace"} history */
  function remember(history) {
    const address = location.pathname + writeView(view, pageLanguage) + location.hash;
    if (address === location.pathname + location.search + location.hash) return;
    if (history === "push" && location.search) window.history.pushState(null, "", address);
    else window.history.replaceState(null, "", address);
  }

  function renderPanels() {
    if (!shown) return;
    const { city, cities, indicators, layer } = shown;
    const level = city.geographies.find((item) => item.id === view.geography);
    const indicator = indicators.find((item) => item.id === view.indicator);
    const title = words.of(layer.indicator.title);
    const where = words.t("stage.subtitle", { geography: words.of(level?.title), period: view.period });
    const subtitle = view.edition ? `${where} · ${words.t("source.edition", { edition: view.edition })}` : where;
    document.title = `${title}, ${view.period} – ${words.of(city.title)} – ${words.t("app.name")}`;
    byId("title").textContent = title;
    byId("subtitle").textContent = subtitle;
    renderChoices({ cities, city, indicators, view, formula: layer.indicator, words });
    renderPeriod(byId("period-box"), {
      periods: allPeriods(indicators, view.geography),
      available: indicator ? periodsOf(indicator, view.geography) : [],
      period: view.period,
      words,
      onChange: (period) => change({ period }, "replace"),
    });
    renderLegend(byId("legend"), layer, words);
    renderOverlays();
    renderSource(byId("source"), layer, { words, onMethod: () => dialog("method").showModal() });
    byId("summary").textContent = summarise(layer, words);
    renderSelection();
    renderView();
  }

  function renderOverlays() {
    if (shown) overlays.render({ city: shown.city, view, words });
  }

  /** What depends on the selected area and on which of map and table is in front. */
  function renderView() {
    const isTable = view.view === "table" || !map.canDraw;
    byId("map-frame").hidden = isTable;
    byId("table-frame").hidden = !isTable;
    for (const button of document.querySelectorAll("[data-view]")) {
      button.setAttribute("aria-pressed", String((button.getAttribute("data-view") === "table") === isTable));
    }
    if (isTable) fillTable();
    else map.resize();
  }

  function fillTable() {
    if (!shown) return;
    const { city, layer } = shown;
    const level = city.geographies.find((item) => item.id === view.geography);
    table.update({
      facts: layer.area_ids.map((area, i) => describeArea(layer, i, features.get(area), words)),
      caption: words.t("table.caption", {
        indicator: words.of(layer.indicator.title),
        geography: words.of(level?.title),
        period: view.period,
      }),
      selected: view.area,
      words,
    });
  }

  function renderSelection() {
    renderAreaCard(byId("area-card"), factsOf(view.area), {
      indicator: `${words.of(shown?.layer.indicator.title)}, ${view.period}`,
      words,
      reasons: [why.element, membership.element],
      onClose: () => select(""),
    });
    void why.show(shown?.indicators.find((item) => item.id === view.indicator), view, words);
    void membership.show(priority.known, view, words);
    map.select(view.area);
    renderPart(parts.alerts);
    renderPart(parts.proposals);
  }

  /** @param {string} area */
  function factsOf(area) {
    const i = place.get(area);
    return shown && i !== undefined ? describeArea(shown.layer, i, features.get(area), words) : null;
  }

  /** @param {string} area "" for none @param {boolean} [isZoomed] show the map and bring the area into view */
  function select(area, isZoomed = false) {
    view = { ...view, area, view: isZoomed ? "map" : view.view };
    remember("replace");
    renderSelection();
    renderView();
    if (isZoomed) map.fitArea(area);
    const facts = factsOf(area);
    say(facts ? `${facts.name}: ${facts.value}` : "");
  }

  /** Without WebGL there is no map, and the table takes its place. @param {number} mine */
  async function drawMap(mine) {
    const isReady = await map.isReady();
    if (!shown) return;
    if (!isReady) {
      notify(words.t("map.failed"), words.t("map.failed_detail"));
      renderView();
    } else if (mine === turn) await map.draw(shown, view);
  }

  /** What comes after the map, each part by itself. @param {number} mine */
  function loadParts(mine) {
    for (const part of Object.values(parts)) {
      part
        .load(view.city)
        .then(() => mine === turn && renderPart(part))
        .catch((error) => mine === turn && tellFailure(error, words));
    }
  }

  /** @param {{render: (context: Context) => void}} part */
  function renderPart(part) {
    if (shown) part.render({ city: shown.city, view, words });
  }

  /**
   * Show an area that is in no priority area, on the level and edition of the proposal, and why.
   *
   * @param {string} area
   * @param {import("./editions.js").Place} place
   */
  async function showCase(area, place) {
    const isShown = () => place.geography === view.geography && Boolean(shown && fits(place, shown.city));
    if (!isShown()) await change({ ...place, area, view: "map", member: true });
    if (!isShown()) return;
    view = { ...view, member: true };
    select(area, true);
    byId("stage").scrollIntoView();
  }

  /** Show what an alert is about: its indicator, level, period and area. @param {Alert} alert */
  async function showAlert({ city, geography, period, indicator, area }) {
    await change({ city, geography, period, edition: "", indicator: indicator.id, area: area.id, view: "map" });
    if (view.area !== area.id || view.geography !== geography) return;
    byId("stage").scrollIntoView();
    map.fitArea(area.id);
  }

  /** @param {import("./segregation.js").Segregation} segregation @param {Context} context */
  function showSegregation(segregation, { city }) {
    renderSegregation(byId("segregation"), {
      segregation,
      geographies: city.geographies,
      shown: view,
      words,
      onMeasure: (measure) => {
        keep({ measure });
        renderPart(parts.segregation);
      },
    });
  }

  function relabel() {
    labelPage(document, words);
    map.relabel(words);
    for (const button of document.querySelectorAll("[data-language]")) {
      button.setAttribute("aria-pressed", String(button.getAttribute("data-language") === words.language));
    }
  }

  for (const name of /** @type {const} */ (["city", "indicator", "geography", "edition"])) {
    const select = /** @type {HTMLSelectElement} */ (byId(name));
    select.addEventListener("change", () => {
      const isCity = name === "city";
      const afresh = { indicator: "", geography: "", period: "", edition: "", area: "", at: "", region: "", overlays: "" };
      const other = name === "edition" ? { period: "" } : {}; // of its own periods the newest
      change({ ...(isCity ? afresh : other), [name]: select.value });
    });
  }
  for (const button of document.querySelectorAll("[data-language]")) {
    const language = button.getAttribute("data-language") === "en" ? "en" : "de";
    button.addEventListener("click", () => change({ language }));
  }
  for (const button of document.querySelectorAll("[data-view]")) {
    button.addEventListener("click", () => {
      view = { ...view, view: button.getAttribute("data-view") === "table" ? "table" : "map" };
      remember("push");
      renderView();
    });
  }
  byId("retry").addEventListener("click", () => show(view, "replace"));
  byId("reload").addEventListener("click", () => {
    api.forget();
    void show(view, "replace");
  });
  window.addEventListener("popstate", () => show(readView(location.search, pageLanguage), "keep"));

  return show(view, "replace");
}

/** @param {View} a @param {View} b */
function sameMap(a, b) {
  const which = /** @type {const} */ (["indicator", "geography", "period", "edition"]);
  return which.every((name) => a[name] === b[name]);
}

/** @param {string} id */
function dialog(id) {
  return /** @type {HTMLDialogElement} */ (byId(id));
}
