/*! Proefwerk browser snippet. Apache-2.0. */
/**
 *  Plain ES2017, no modules, no dependency. In the head, as docs/integrate.md explains:
 *
 *  <style>.proefwerk-loading [data-proefwerk]:not(.proefwerk-shown) { visibility: hidden }</style>
 *  <script>
 *    (function (root) {
 *      window.proefwerk = [];
 *      proefwerk.until = Date.now() + 400;
 *      root.add("proefwerk-loading");
 *      setTimeout(function () { root.remove("proefwerk-loading"); }, 400);
 *    })(document.documentElement.classList);
 *    proefwerk.push(function (proefwerk) {
 *      proefwerk.init({key: "client key"});
 *      proefwerk.render("free-shipping-bar", function (element, variant, payload) { ... });
 *    });
 *  </script>
 *  <script async src="https://experiments.example.org/proefwerk.js"></script>
 */
(function (window, document) {
  "use strict";

  const PREFIX = "proefwerk.";
  const COOKIE = "proefwerk_unit";
  const LOADING = "proefwerk-loading";
  const SHOWN = "proefwerk-shown";
  const MARKED = "[data-proefwerk]";
  const MINUTE = 60000;
  const YEAR_AND_MORE = 34560000;
  const BATCH = 50;
  const MAX_QUEUED = 500;
  const MAX_KEEPALIVE = 60000;
  const MAX_ID = 100;
  const script = document.currentScript;
  const before = window.proefwerk;
  const root = document.documentElement;
  if (before && before.init) return;

  let settings = null;
  let granted = false;
  let anonymous = null;
  let known = {};
  let asked = {};
  let forced = null;
  let until = 0;
  let settled = false;
  let shown = false;
  let draws = {};
  let passed = new WeakSet();
  let failures = 0;
  let notBefore = 0;
  let timer = null;
  const flying = {};
  const memory = {};
  const areas = {};

  /** A browser may refuse storage altogether; then this page's memory has to do. */
  function area(name) {
    if (areas[name]) return areas[name];
    try {
      const store = window[name];
      store.setItem(PREFIX + "probe", "1");
      store.removeItem(PREFIX + "probe");
      return (areas[name] = store);
    } catch (refused) {
      return (areas[name] = { length: 0, getItem: () => null, setItem() { throw refused; }, removeItem() {} });
    }
  }

  const local = () => area("localStorage");
  const session = () => area("sessionStorage");

  function put(store, key, value) {
    try { store.setItem(PREFIX + key, value); } catch (full) { memory[PREFIX + key] = value; }
  }

  function get(store, key) {
    return PREFIX + key in memory ? memory[PREFIX + key] : store.getItem(PREFIX + key);
  }

  function remove(store, key) {
    delete memory[PREFIX + key];
    store.removeItem(PREFIX + key);
  }

  /** Names, without our prefix, of what is kept. */
  function keysOf(store, prefix) {
    const found = new Set(Object.keys(memory));
    for (let index = 0; index < store.length; index++) found.add(store.key(index));
    return Array.from(found).filter((key) => key.startsWith(PREFIX + prefix)).map((key) => key.slice(PREFIX.length)).sort();
  }

  function randomId() {
    if (window.crypto.randomUUID) return window.crypto.randomUUID();
    return Array.from(window.crypto.getRandomValues(new Uint8Array(16)), (byte) => (byte + 256).toString(16).slice(1)).join("");
  }

  function digest(text) {
    return [1, 2, 3, 4].map((seed) => {
      for (let index = 0; index < text.length; index++) {
        seed = Math.imul(seed ^ text.charCodeAt(index), 2654435761);
        seed ^= seed >>> 15;
      }
      return (seed >>> 0).toString(36);
    }).join("-");
  }

  /** The same id for the same text, whichever tab or visit makes it. */
  function idOf(text) {
    return text.length > MAX_ID ? digest(text) : text;
  }

  function setCookie(value, seconds, domain) {
    document.cookie = COOKIE + "=" + encodeURIComponent(value) + "; path=/; SameSite=Lax; max-age=" + seconds +
      (domain ? "; domain=" + domain : "") + (window.location.protocol === "https:" ? "; Secure" : "");
  }

  function readCookie() {
    const match = document.cookie.match("(?:^|; )" + COOKIE + "=([^;]+)");
    try { return match && decodeURIComponent(match[1]); } catch (spoiled) { return null; }
  }

  /** The browser's own random id, kept on this site for 400 days. */
  function findAnonymous() {
    const found = readCookie() || get(local(), "unit") || randomId();
    put(local(), "unit", found);
    if (!settings.serverCookie) setCookie(found, YEAR_AND_MORE);
    else if (!get(session(), "cookie")) {
      post("unit", JSON.stringify({ unit: found }), true, "include").then((answer) => answer.json()).then((told) => {
        if (told.unit !== found) throw new Error(told.detail);
        if (!granted) return setCookie("", 0, told.domain);
        put(session(), "cookie", "1");
        put(local(), "domain", told.domain || "");
      }).catch(warn);
    }
    return found;
  }

  function unit() {
    return granted ? String(settings.unit || settings.person || anonymous) : null;
  }

  function attributes() {
    const agent = window.navigator.userAgent;
    const tablet = /iPad|Tablet|Android(?!.*Mobile)/.test(agent);
    const device = tablet ? "tablet" : /Mobi/.test(agent) ? "mobile" : "desktop";
    return Object.assign({ device, language: window.navigator.language }, settings.attributes);
  }

  /** Text without headers of our own: a browser sends it to another origin without asking first. */
  function post(path, body, keepalive, credentials) {
    const url = settings.host + "/api/v1/" + path + "?key=" + encodeURIComponent(settings.key);
    return window.fetch(url, { method: "POST", body, keepalive, credentials: credentials || "omit" });
  }

  function warn(error) {
    window.console.warn("proefwerk:", error.message || error);
  }

  function loaded(act) {
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", act);
    else act();
  }

  function hide() {
    try {
      const sheet = new window.CSSStyleSheet();
      sheet.replaceSync("." + LOADING + " " + MARKED + ":not(." + SHOWN + "){visibility:hidden}");
      document.adoptedStyleSheets = document.adoptedStyleSheets.concat(sheet);
    } catch (old) { /* An old browser shows the page as it is. */ }
    root.classList.add(LOADING);
  }

  function show() {
    shown = true;
    root.classList.remove(LOADING);
    place();
  }

  function init(options) {
    if (!options || !options.key) throw new Error("proefwerk.init: 'key' is missing");
    const bound = !settings && before && before.until;
    settings = Object.assign({ timeout: 400, host: script && script.src ? new URL(script.src).origin : "" }, options);
    settings.host = settings.host.replace(/\/+$/, "");
    until = bound || Date.now() + settings.timeout;
    known = {};
    asked = {};
    settled = shown = false;
    granted = settings.consent !== false;
    if (granted) begin();
    else show();
  }

  function begin() {
    if (!settings.unit) anonymous = findAnonymous();
    readPreview();
    const left = until - Date.now();
    const first = assign();
    if (left > 0 && !shown) {
      hide();
      window.setTimeout(show, left);
    } else show();
    first.then(() => {
      settled = true;
      place();
      loaded(show);
    });
    if (keysOf(local(), "event.").length) flush();
  }

  /** A link of a tester, `?proefwerk=experiment:variant,...`, holds in this tab until it is switched off. */
  function readPreview() {
    const wanted = new URLSearchParams(window.location.search).get("proefwerk");
    if (wanted !== null) put(session(), "preview", wanted);
    const text = get(session(), "preview");
    forced = null;
    if (!text || text === "off") return;
    forced = {};
    text.split(",").forEach((pair) => { forced[pair.split(":")[0]] = pair.split(":")[1] || ""; });
    loaded(() => {
      const badge = document.createElement("button");
      badge.type = "button";
      badge.textContent = "Preview: " + text + " \u2715";
      badge.style.cssText = "position:fixed;left:8px;bottom:8px;z-index:2147483647;padding:6px 10px;border:0;border-radius:6px;background:#222;color:#fff;font:13px sans-serif;cursor:pointer";
      badge.onclick = () => {
        const url = new URL(window.location.href);
        url.searchParams.delete("proefwerk");
        remove(session(), "preview");
        window.history.replaceState(null, "", url);
        window.location.reload();
      };
      document.body.appendChild(badge);
    });
  }

  function question(keys) {
    const context = Object.assign(attributes(), { targetingKey: unit() });
    if (settings.person && !settings.unit) context.anonymousId = anonymous;
    return JSON.stringify({ context, experiments: keys || undefined, forced: forced || undefined });
  }

  /** Asks the server once a page, and keeps its answer for the next page. */
  function ask(body, name) {
    return asked[body] || (asked[body] = post("assign", body).then((answer) => {
      if (!answer.ok) throw new Error("status " + answer.status);
      return answer.json();
    }).then((answer) => {
      if (granted) put(local(), "assigned." + name, JSON.stringify({ to: digest(body), at: Date.now(), found: answer.assignments }));
      return answer.assignments;
    }).catch((error) => {
      delete asked[body];
      warn("everybody sees the default page: " + error.message);
      return {};
    }));
  }

  /** The answer of at most half an hour ago to the very same question. */
  function recall(body, name) {
    try {
      const last = JSON.parse(get(local(), "assigned." + name));
      const age = Date.now() - last.at;
      return last.to === digest(body) && age >= 0 && age < 30 * MINUTE ? last.found : null;
    } catch (none) {
      return null;
    }
  }

  /** Says of each assignment which unit was split: the one that its exposure is about. */
  function whose(found, body) {
    const context = JSON.parse(body).context;
    context.id = context.targetingKey;
    Object.keys(found).forEach((key) => {
      const split = context[found[key].hash_attribute];
      found[key].unit = String(split === undefined || split === null || split === "" ? context[found[key].fallback_attribute] : split);
    });
    return found;
  }

  /** Answers {experiment: {variant, payload, in_experiment, ...}}; {} when it takes longer than the bound. */
  function assign(keys) {
    if (!settings) return Promise.reject(new Error("proefwerk.init comes first"));
    if (!granted) return Promise.resolve({});
    const name = keys ? keys.join(",") : "";
    const body = question(keys);
    const left = settled ? settings.timeout : until - Date.now();
    const last = left > 0 && recall(body, name);
    const fresh = ask(body, name);
    const take = (found) => {
      // What is known changes only here: what comes too late must not look as if the page showed it.
      known = Object.assign({}, known, whose(found, body));
      return found;
    };
    if (last) return Promise.resolve(take(last));
    return Promise.race([fresh, new Promise((resolve) => window.setTimeout(resolve, Math.max(0, left), {}))]).then(take);
  }

  function variant(key) {
    return known[key] ? known[key].variant : null;
  }

  function payload(key) {
    return known[key] ? known[key].payload : {};
  }

  /** Draws elements marked with the experiment before they are painted, and exposes when one is on screen. */
  function render(key, draw) {
    draws[key] = draw;
    place();
  }

  function place() {
    document.querySelectorAll(MARKED).forEach((element) => {
      const key = element.dataset.proefwerk;
      if (passed.has(element)) return;
      if (draws[key] && known[key]) {
        passed.add(element);
        try { draws[key](element, known[key].variant, known[key].payload); } catch (error) { warn(error); }
        element.classList.add(SHOWN);
        watch(element, key, known);
      } else if (shown) passed.add(element);
    });
  }

  function watch(element, key, drawn) {
    const observer = new window.IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      report(key, drawn);
    });
    // What a variant takes away has no place of its own: then its surroundings tell.
    while (!element.getClientRects().length && element.parentElement) element = element.parentElement;
    observer.observe(element);
  }

  /** Reports, once per unit and phase, that the shopper met the variant; nothing for who is not in the experiment. */
  function expose(key) {
    return report(key, known);
  }

  function report(key, from) {
    const met = from[key];
    if (!granted || forced || !met) return false;
    if (met.holdout) report(met.holdout, from);
    if (!met.in_experiment) return false;
    const id = idOf([key, met.version, met.variant, met.unit].join("/"));
    const mark = "exposed." + digest(id);
    if (get(session(), mark)) return false;
    put(session(), mark, "1");
    const { unit, variant, version } = met;
    enqueue({ type: "exposure", id, unit, experiment: key, variant, version, attributes: attributes() });
    return true;
  }

  /** Reports something that metrics may count; answers the event's id, or null without consent and in a preview. */
  function track(name, details) {
    if (!granted || forced) return null;
    const event = { type: "conversion", name, id: randomId(), unit: unit() };
    const order = name === "order" && details && details.properties && details.properties.order_id;
    if (order) event.id = idOf("order-" + order);
    ["value", "currency", "properties", "id", "unit"].forEach((field) => {
      if (details && details[field] !== undefined) event[field] = details[field];
    });
    enqueue(event);
    return event.id;
  }

  function enqueue(event) {
    const queued = keysOf(local(), "event.");
    if (queued.length >= MAX_QUEUED) remove(local(), queued[0]);
    // One entry per event: two tabs never overwrite each other's queue.
    put(local(), "event." + Date.now() + "." + event.id, JSON.stringify(event));
    if (!timer) schedule(document.visibilityState === "hidden" ? 0 : 250);
  }

  function schedule(delay) {
    window.clearTimeout(timer);
    timer = window.setTimeout(flush, delay);
  }

  function timed(key) {
    const event = JSON.parse(get(local(), key));
    const at = Number(key.split(".")[1]);
    // The server's clock dates what is fresh; the shopper's own clock may be wrong by years.
    if (event && Math.abs(Date.now() - at) > MINUTE) event.time = new Date(at).toISOString();
    return event;
  }

  /** Sends what waits; events leave the queue only when the server has them, and their ids make retries harmless. */
  function flush() {
    window.clearTimeout(timer);
    timer = null;
    if (!granted) return Promise.resolve();
    const wait = notBefore - Date.now();
    const batch = keysOf(local(), "event.").filter((key) => !flying[key]).slice(0, BATCH);
    const events = [];
    if (wait > 0) {
      schedule(wait);
      return Promise.resolve();
    }
    batch.forEach((key) => {
      try {
        const event = timed(key);
        if (event) events.push(event);
        flying[key] = true;
      } catch (spoiled) { remove(local(), key); }
    });
    if (!events.length) return Promise.resolve();
    const text = JSON.stringify({ events });
    return post("events", text, text.length < MAX_KEEPALIVE).then((answer) => {
      notBefore = Date.now() + 1000 * Math.min(3600, Number(answer.headers.get("Retry-After")) || 0);
      if (!answer.ok && ![400, 413, 422].includes(answer.status)) throw answer;
      batch.forEach((key) => remove(local(), key));
      failures = 0;
      return answer.json().then((told) => (told.rejected || []).forEach((item) => warn("event refused: " + item.error)), () => {});
    }).then(() => 0, () => Math.min(MINUTE, 1000 * Math.pow(2, failures++)) * (0.5 + Math.random())).then((delay) => {
      batch.forEach((key) => { delete flying[key]; });
      if (granted && keysOf(local(), "event.").length) schedule(delay);
    });
  }

  /** consent(true) begins; consent(false) forgets everything that was stored here. */
  function consent(given) {
    if (!settings) throw new Error("proefwerk.init comes first");
    if (given === granted) return;
    granted = given;
    if (given) return begin();
    setCookie("", 0);
    setCookie("", 0, get(local(), "domain"));
    [local(), session()].forEach((store) => keysOf(store, "").forEach((key) => remove(store, key)));
    window.clearTimeout(timer);
    timer = forced = null;
    known = {};
    asked = {};
  }

  /** The shopper has logged in, or out (null): events are theirs from now on; the page stays as it was drawn. */
  function identify(person) {
    if (!settings) throw new Error("proefwerk.init comes first");
    settings.person = person;
    if (granted) ask(question(), "");
  }

  /** Calls back once per visit when the trigger fires, in every arm alike, with the exposure logged at that moment. */
  function when(trigger, key, options, callback) {
    const begin = { "exit-intent": onExitIntent, inactivity: (act) => onInactivity(1000 * (options.seconds || 30), act) }[trigger];
    if (!begin) throw new Error("proefwerk.when: there is no trigger '" + trigger + "'");
    return begin(() => {
      const mark = "fired." + key;
      if (!granted || get(session(), mark)) return;
      const body = question();
      Promise.resolve(known[key] ? known : recall(body, "") || ask(body, "")).then((found) => {
        if (!found[key]) return;
        put(session(), mark, "1");
        report(key, found === known ? known : whose(found, body));
        callback(found[key].variant, found[key].payload);
      });
    });
  }

  function once(events, matches, callback) {
    const listen = (event) => {
      if (!matches(event)) return;
      stop();
      callback();
    };
    const stop = () => events.forEach((name) => document.removeEventListener(name, listen, true));
    events.forEach((name) => document.addEventListener(name, listen, true));
    return stop;
  }

  /** Calls back once when the pointer leaves over the top of the page, or a finger scrolls up fast. */
  function onExitIntent(callback) {
    let last = { y: window.scrollY, at: 0 };
    return once(["mouseout", "scroll"], (event) => {
      if (event.type === "mouseout") return !event.relatedTarget && event.clientY <= 0;
      const now = { y: window.scrollY, at: Date.now() };
      const fast = now.at - last.at < 200 && last.y - now.y > 150;
      if (fast || now.at - last.at > 100) last = now;
      return fast && "ontouchstart" in window;
    }, callback);
  }

  /** Calls back once after so many milliseconds without a sign of life. */
  function onInactivity(milliseconds, callback) {
    let waiting;
    const restart = () => {
      window.clearTimeout(waiting);
      waiting = window.setTimeout(() => { stop(); callback(); }, milliseconds);
    };
    const stop = once(["mousemove", "keydown", "scroll", "touchstart", "click"], restart, callback);
    restart();
    return () => { window.clearTimeout(waiting); stop(); };
  }

  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") flush(); });
  window.addEventListener("pagehide", flush);
  window.addEventListener("online", () => { failures = 0; flush(); });
  new window.MutationObserver(place).observe(root, { childList: true, subtree: true });

  const api = window.proefwerk = {
    init, assign, variant, payload, render, expose, track, flush, consent, identify, when, onExitIntent, onInactivity,
    unit,
    push: (act) => { try { act(api); } catch (error) { warn(error); } }
  };
  if (Array.isArray(before)) before.forEach(api.push);
})(window, document);
