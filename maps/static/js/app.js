/**
 * What happens when: the address is read, data are asked for, every part of the page is drawn from the same view.
 *
 * @typedef {import("./types.js").City} City
 * @typedef {import("./types.js").Collection} Collection
 * @typedef {import("./types.js").Indicator} Indicator
 * @typedef {import("./types.js").Layer} Layer
 * @typedef {import("./types.js").View} View
 * @typedef {import("./i18n.js").Words} Words
 */

import { readView, writeView } from "./address.js";
import { Problem, createApi } from "./api.js";
import { renderAreaCard } from "./area-card.js";
import { renderChoices } from "./choices.js";
import { describeArea } from "./describe.js";
import { byId } from "./elements.js";
import { labelPage, loadLanguage } from "./i18n.js";
import { renderLegend } from "./legend.js";
import { renderPeriod } from "./period.js";
import { renderProposals } from "./proposals.js";
import { renderSegregation } from "./segregation.js";
import { renderSource } from "./source.js";
import { summarise } from "./summary.js";
import { createTable } from "./table.js";
import { readTheme, whenThemeChanges } from "./theme.js";
import { renderTooltip } from "./tooltip.js";
import { allPeriods, periodsOf, possibleView } from "./view.js";

const NOTHING = /** @type {Collection} */ ({ type: "FeatureCollection", features: [] });

/** Start the page: one application per document. */
export function startApp() {
  const pageLanguage = document.documentElement.lang;
  const api = createApi();
  const table = createTable(byId("table-frame"), { onSelect: (area) => select(area, true) });

  let view = readView(location.search, pageLanguage);
  /** @type {Words} */
  let words;
  /** @type {{city: City, cities: City[], indicators: Indicator[], areas: Collection, layer: Layer}|null} */
  let shown = null;
  /** @type {{city: string, proposals: Collection, zones: Collection}} */
  let priority = { city: "", proposals: NOTHING, zones: NOTHING };
  /** @type {Awaited<ReturnType<typeof import("./map.js").createMap>>|null} */
  let map = null;
  let canDraw = true;
  const coming = startMap(); // the large library loads and starts while the first answers are on their way
  let mapCity = "";
  /** @type {typeof priority|null} */
  let mapPriority = null;
  /** @type {Collection|null} */
  let mapAreas = null;
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
    busy(true);
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
      setEmpty(cities.length === 0);
      if (!cities.length) return;
      const city = cities.find((item) => item.id === wished.city) ?? cities[0];
      foresee(wished, city);
      const indicators = await api.indicators(city.id);
      const possible = possibleView(wished, city, indicators);
      if (mine !== turn) return;
      if (!possible) {
        notify(words.t("notice.no_values"), words.t("notice.no_values_detail"));
        return;
      }
      const [areas, layer] = await Promise.all([api.areas(city.id, possible.geography), api.layer(possible)]);
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
      void loadPriority(mine);
      void loadSegregation(mine);
      await drawMap(mine);
      if (mine !== turn) return;
      say(isFallback);
      prefetch();
    } catch (error) {
      if (mine === turn) fail(error);
    } finally {
      if (mine === turn) busy(false);
    }
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
    const subtitle = words.t("stage.subtitle", { geography: words.of(level?.title), period: view.period });
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
    renderSource(byId("source"), layer, { words, onMethod: () => dialog("method").showModal() });
    byId("summary").textContent = summarise(layer, words);
    renderSelection();
    renderView();
  }

  /** What depends on the selected area and on which of map and table is in front. */
  function renderView() {
    const isTable = view.view === "table" || !canDraw;
    byId("map-frame").hidden = isTable;
    byId("table-frame").hidden = !isTable;
    for (const button of document.querySelectorAll("[data-view]")) {
      button.setAttribute("aria-pressed", String((button.getAttribute("data-view") === "table") === isTable));
    }
    if (isTable) fillTable();
    else map?.resize();
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
      onClose: () => select(""),
    });
    map?.select(view.area);
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
    if (isZoomed) map?.fitArea(area);
    const facts = factsOf(area);
    byId("live").textContent = facts ? `${facts.name}: ${facts.value}` : "";
  }

  /** Make the map; without WebGL there is none, and the table takes its place. */
  async function startMap() {
    try {
      const { createMap } = await import("./map.js");
      const made = await createMap(byId("map"), {
        theme: readTheme(),
        onHover: (area, point) => renderTooltip(byId("tooltip"), factsOf(area), point, words),
        onSelect: (area) => select(area),
        onMove: (at) => {
          view = { ...view, at };
          remember("replace");
        },
      });
      whenThemeChanges((theme) => made.setTheme(theme));
      if (words) made.relabel(words);
      return made;
    } catch {
      canDraw = false;
      return null;
    }
  }

  /** @param {number} mine */
  async function drawMap(mine) {
    map ??= await coming;
    if (!shown) return;
    if (!map) {
      notify(words.t("map.failed"), words.t("map.failed_detail"));
      renderView();
      return;
    }
    if (mine !== turn) return;
    if (mapCity !== shown.city.id && !(view.at && map.goTo(view.at))) map.fit(shown.city.bbox, { isQuiet: true });
    mapCity = shown.city.id;
    if (mapAreas !== shown.areas) map.showAreas(shown.areas);
    mapAreas = shown.areas;
    map.paint(shown.layer);
    map.toggle(view);
    drawPriority();
    map.select(view.area);
    byId("loading").hidden = true;
    if (view.view === "map") await map.painted();
  }

  /** @param {number} mine */
  async function loadPriority(mine) {
    if (!shown) return;
    const city = shown.city.id;
    try {
      if (priority.city !== city) {
        const [proposals, zones] = await Promise.all([api.proposals(city), api.zones(city)]);
        if (mine !== turn) return;
        priority = { city, proposals, zones };
      }
      renderPriority();
      drawPriority();
    } catch (error) {
      if (mine === turn) fail(error);
    }
  }

  function drawPriority() {
    if (!map || mapPriority === priority) return;
    mapPriority = priority;
    map.showProposals(priority.proposals, priority.zones);
  }

  function renderPriority() {
    if (!shown) return;
    renderProposals(byId("proposals"), {
      ...priority,
      geographies: shown.city.geographies,
      shown: view,
      words,
      onToggle: (wanted) => {
        view = { ...view, ...wanted };
        remember("replace");
        map?.toggle(view);
      },
      onZoom: (proposal) => {
        view = { ...view, view: "map" };
        remember("replace");
        renderView();
        map?.fitGeometry(proposal.geometry);
      },
    });
  }

  /** @param {number} mine */
  async function loadSegregation(mine) {
    if (!shown) return;
    try {
      const segregation = await api.segregation(shown.city.id);
      if (mine !== turn || !shown) return;
      const geographies = shown.city.geographies;
      const render = () =>
        renderSegregation(byId("segregation"), {
          segregation,
          geographies,
          shown: view,
          words,
          onMeasure: (measure) => {
            view = { ...view, measure };
            remember("replace");
            render();
          },
        });
      render();
    } catch (error) {
      if (mine === turn) fail(error);
    }
  }

  /** Ask for the neighbouring periods while nothing else is to do, so that the slider moves at once. */
  function prefetch() {
    const indicator = shown?.indicators.find((item) => item.id === view.indicator);
    if (!indicator) return;
    const periods = periodsOf(indicator, view.geography);
    const here = periods.indexOf(view.period);
    const near = [1, -1, 2, -2].map((step) => periods[here + step]).filter(Boolean);
    const wait = window.requestIdleCallback ?? ((/** @type {() => void} */ run) => setTimeout(run, 50));
    wait(() => near.forEach((period) => api.layer({ ...view, period }).catch(() => undefined)));
  }

  /** Ask already for what will most probably be shown. @param {View} wished @param {City} city */
  function foresee(wished, city) {
    const isOpen = !wished.indicator && !wished.geography && !wished.period;
    const isWhole = wished.indicator && wished.geography && wished.period && wished.city === city.id;
    if (!isOpen && !isWhole) return;
    const likely = { ...(isOpen ? city.default : wished), city: city.id };
    api.areas(city.id, likely.geography).catch(() => undefined);
    api.layer(likely).catch(() => undefined);
  }

  /** Tell screen readers what is shown now. @param {boolean} isFallback */
  function say(isFallback) {
    const parts = { indicator: words.of(shown?.layer.indicator.title), period: view.period };
    byId("live").textContent = words.t(isFallback ? "notice.fallback" : "notice.shown", parts);
  }

  /** @param {boolean} isBusy */
  function busy(isBusy) {
    byId("stage").setAttribute("aria-busy", String(isBusy));
    if (isBusy) return;
    performance.mark("sozialraum:shown");
    byId("stage").dataset.shown = [view.city, view.indicator, view.geography, view.period].join("|");
  }

  /** @param {boolean} isEmpty */
  function setEmpty(isEmpty) {
    byId("empty").hidden = !isEmpty;
    byId("workspace").hidden = isEmpty;
    byId("source").hidden = isEmpty;
  }

  /** @param {string} title "" hides it @param {string} detail */
  function notify(title, detail) {
    byId("notice").hidden = !title;
    byId("notice-title").textContent = title;
    byId("notice-detail").textContent = detail;
  }

  /** @param {unknown} error */
  function fail(error) {
    byId("loading").hidden = true;
    if (!words) {
      notify("Der Dienst antwortet nicht. The service does not answer.", ""); // the catalogue itself did not come
      return;
    }
    const { t } = words;
    if (!(error instanceof Problem)) {
      notify(t("notice.error"), String(error));
      throw error;
    }
    if (error.status === 0) notify(t("notice.offline"), t("notice.offline_detail"));
    else notify(t("notice.error"), error.detail || t("notice.status", { status: error.status, path: error.path }));
  }

  function relabel() {
    labelPage(document, words);
    map?.relabel(words);
    for (const button of document.querySelectorAll("[data-language]")) {
      button.setAttribute("aria-pressed", String(button.getAttribute("data-language") === words.language));
    }
  }

  for (const name of /** @type {const} */ (["city", "indicator", "geography"])) {
    const select = /** @type {HTMLSelectElement} */ (byId(name));
    select.addEventListener("change", () => {
      const isCity = name === "city";
      const afresh = { indicator: "", geography: "", period: "", area: "", at: "" };
      change({ ...(isCity ? afresh : {}), [name]: select.value });
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
  return a.indicator === b.indicator && a.geography === b.geography && a.period === b.period;
}

/** @param {string} id */
function dialog(id) {
  return /** @type {HTMLDialogElement} */ (byId(id));
}
