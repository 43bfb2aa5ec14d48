/*! Proefwerk browser snippet. Apache-2.0.
 *
 *  <script src="https://experiments.example.org/proefwerk.js"></script>
 *  <script>
 *    proefwerk.init({key: "client key"});
 *    proefwerk.assign().then(function () {
 *      if (proefwerk.variant("free-shipping-bar") === "bar") showBar(proefwerk.payload("free-shipping-bar"));
 *      proefwerk.expose("free-shipping-bar");   // when the place is on screen, also for the control
 *    });
 *    proefwerk.track("order", {value: 49.95, currency: "EUR", properties: {items: 3}});
 *  </script>
 *
 *  Elements with the attribute data-proefwerk stay invisible until the variants are known, at most 400 ms.
 *  Where consent is needed: init({..., consent: false}), later consent(true); until then nothing is stored or sent.
 */
(function (window, document) {
  "use strict";

  var PREFIX = "proefwerk.";
  var COOKIE = "proefwerk_unit";
  var DAY = 86400000;
  var BATCH = 50;
  var MAX_QUEUED = 500;
  var MAX_KEEPALIVE = 60000;
  var FRESH = 60000;
  var LOADING = "proefwerk-loading";
  var script = document.currentScript;

  var settings = null;
  var granted = false;
  var unit = null;
  var known = {};
  var asked = {};
  var memory = {};
  var failures = 0;
  var flying = {};
  var timer = null;
  var areas = {};

  function area(name) {
    return areas[name] || (areas[name] = usable(name));
  }

  /** A browser may refuse storage altogether; then this page's memory has to do. */
  function usable(name) {
    try {
      var store = window[name];
      store.setItem(PREFIX + "probe", "1");
      store.removeItem(PREFIX + "probe");
      return store;
    } catch (refused) {
      return { length: 0, getItem: function () { return null; }, setItem: function () { throw refused; }, removeItem: function () {} };
    }
  }

  function put(store, key, value) {
    try { store.setItem(PREFIX + key, value); } catch (full) { memory[PREFIX + key] = value; }
  }

  function keysOf(store, prefix) {
    var found = Object.keys(memory);
    for (var index = 0; index < store.length; index++) found.push(store.key(index));
    return found.filter(function (key, place) {
      return key.indexOf(PREFIX + prefix) === 0 && found.indexOf(key) === place;
    });
  }

  function get(store, key) {
    return key in memory ? memory[key] : store.getItem(key);
  }

  function remove(store, key) {
    delete memory[key];
    store.removeItem(key);
  }

  function newId() {
    if (window.crypto.randomUUID) return window.crypto.randomUUID();
    var bytes = window.crypto.getRandomValues(new Uint8Array(16));
    return Array.prototype.map.call(bytes, function (byte) { return (byte + 256).toString(16).slice(1); }).join("");
  }

  function cookie() {
    var match = document.cookie.match(new RegExp("(?:^|; )" + COOKIE + "=([^;]+)"));
    return match && decodeURIComponent(match[1]);
  }

  function setCookie(value, seconds) {
    document.cookie = COOKIE + "=" + encodeURIComponent(value) + "; path=/; SameSite=Lax; max-age=" + seconds +
      (window.location.protocol === "https:" ? "; Secure" : "");
  }

  /** The shopper's id: the shop's own, or a random one kept on this site for 400 days. */
  function findUnit() {
    if (settings.unit) return String(settings.unit);
    var store = area("localStorage");
    var found = cookie() || get(store, PREFIX + "unit") || newId();
    put(store, "unit", found);
    setCookie(found, 400 * DAY / 1000);
    return found;
  }

  function attributes() {
    var agent = window.navigator.userAgent;
    var tablet = /iPad|Tablet|Android(?!.*Mobile)/.test(agent);
    var found = { device: tablet ? "tablet" : /Mobi/.test(agent) ? "mobile" : "desktop", language: window.navigator.language };
    for (var name in settings.attributes || {}) found[name] = settings.attributes[name];
    return found;
  }

  function post(path, text, keepalive) {
    return window.fetch(settings.host + path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-API-Key": settings.key },
      body: text,
      keepalive: keepalive,
      credentials: "omit"
    });
  }

  function hide() {
    var root = document.documentElement;
    root.classList.add(LOADING);
    try {
      var sheet = new window.CSSStyleSheet();
      sheet.replaceSync("." + LOADING + " [data-proefwerk]{visibility:hidden}");
      document.adoptedStyleSheets = document.adoptedStyleSheets.concat(sheet);
    } catch (old) { /* An old browser shows the page as it is. */ }
    window.setTimeout(show, settings.timeout);
  }

  function show() {
    document.documentElement.classList.remove(LOADING);
  }

  function init(options) {
    if (!options || !options.key) throw new Error("proefwerk.init: 'key' is missing");
    settings = Object.assign({ timeout: 400, host: script && script.src ? new URL(script.src).origin : "" }, options);
    settings.host = settings.host.replace(/\/+$/, "");
    known = {};
    asked = {};
    granted = settings.consent !== false;
    if (granted) begin();
  }

  function begin() {
    unit = findUnit();
    hide();
    assign().then(show);
    if (keysOf(area("localStorage"), "event.").length) flush();
  }

  /** Answers {experiment: {variant, payload, in_experiment, reason}}; {} when it takes longer than the bound. */
  function assign(keys) {
    if (!settings) return Promise.reject(new Error("proefwerk.init comes first"));
    if (!granted) return Promise.resolve({});
    var name = keys ? keys.join("\n") : "";
    if (!asked[name]) {
      var body = { context: Object.assign(attributes(), { targetingKey: unit }) };
      if (keys) body.experiments = keys;
      var whom = unit;
      asked[name] = post("/api/v1/assign", JSON.stringify(body)).then(function (answer) {
        if (!answer.ok) throw new Error("status " + answer.status);
        return answer.json();
      }).then(function (answer) {
        if (whom === unit) Object.assign(known, answer.assignments);
        return answer.assignments;
      }).catch(function (error) {
        delete asked[name];
        window.console.warn("proefwerk: everybody sees the default page:", error.message);
        return {};
      });
    }
    var bound = new Promise(function (resolve) { window.setTimeout(resolve, settings.timeout, {}); });
    return Promise.race([asked[name], bound]);
  }

  function variant(key) {
    return known[key] ? known[key].variant : null;
  }

  function payload(key) {
    return known[key] ? known[key].payload : {};
  }

  /** Reports, once per session, that the shopper met the variant; nothing for who is not in the experiment. */
  function expose(key) {
    var met = known[key];
    if (!granted || !met || !met.in_experiment) return false;
    var store = area("sessionStorage");
    var mark = "exposed." + [unit, key, met.variant].join(" ");
    if (get(store, PREFIX + mark)) return false;
    put(store, mark, "1");
    enqueue({ type: "exposure", experiment: key, variant: met.variant, attributes: attributes() });
    return true;
  }

  /** Reports something that metrics may count; answers the event's id, or null without consent. */
  function track(name, details) {
    if (!granted) return null;
    var event = { type: "conversion", name: name };
    ["value", "currency", "properties", "id"].forEach(function (field) {
      if (details && details[field] !== undefined) event[field] = details[field];
    });
    return enqueue(event);
  }

  function enqueue(event) {
    event.id = event.id || newId();
    event.unit = unit;
    var store = area("localStorage");
    var queued = keysOf(store, "event.").sort();
    if (queued.length >= MAX_QUEUED) remove(store, queued[0]);
    // One entry per event: two tabs never overwrite each other's queue.
    put(store, "event." + Date.now() + "." + event.id, JSON.stringify(event));
    if (!timer) schedule(document.visibilityState === "hidden" ? 0 : 250);
    return event.id;
  }

  function schedule(delay) {
    window.clearTimeout(timer);
    timer = window.setTimeout(flush, delay);
  }

  function timed(store, key) {
    var event = JSON.parse(get(store, key));
    var at = Number(key.slice(PREFIX.length + 6).split(".")[0]);
    // The server's clock dates what is fresh; the shopper's own clock may be wrong by years.
    if (event && Math.abs(Date.now() - at) > FRESH) event.time = new Date(at).toISOString();
    return event;
  }

  /** Sends what waits; events leave the queue only when the server has them, and their ids make retries harmless. */
  function flush() {
    window.clearTimeout(timer);
    timer = null;
    if (!granted || !settings) return Promise.resolve();
    var store = area("localStorage");
    var batch = keysOf(store, "event.").filter(function (key) { return !flying[key]; }).sort().slice(0, BATCH);
    var events = [];
    batch.forEach(function (key) {
      try {
        var event = timed(store, key);
        if (event) events.push(event);
        flying[key] = true;
      } catch (spoiled) { remove(store, key); }
    });
    if (!events.length) return Promise.resolve();
    var text = JSON.stringify({ events: events });
    return post("/api/v1/events", text, text.length < MAX_KEEPALIVE).then(function (answer) {
      var lasting = answer.status === 400 || answer.status === 413 || answer.status === 422;
      if (!answer.ok && !lasting) throw new Error("status " + answer.status);
      batch.forEach(function (key) { remove(store, key); });
      failures = 0;
      return answer.json().then(warn, function () {});
    }).then(function () { return 0; }, function () {
      return Math.min(60000, 1000 * Math.pow(2, failures++)) * (0.5 + Math.random());
    }).then(function (delay) {
      batch.forEach(function (key) { delete flying[key]; });
      if (granted && keysOf(store, "event.").length) schedule(delay);
    });
  }

  function warn(told) {
    (told.rejected || []).forEach(function (item) { window.console.warn("proefwerk: event refused:", item.error); });
  }

  /** consent(true) begins; consent(false) forgets everything that was stored here. */
  function consent(given) {
    if (!settings) throw new Error("proefwerk.init comes first");
    if (given === granted) return;
    granted = given;
    if (given) return begin();
    ["localStorage", "sessionStorage"].forEach(function (name) {
      var store = area(name);
      keysOf(store, "").forEach(function (key) { remove(store, key); });
    });
    setCookie("", 0);
    window.clearTimeout(timer);
    timer = unit = null;
    known = {};
    asked = {};
  }

  function once(events, matches, callback) {
    var listen = function (event) {
      if (!matches(event)) return;
      stop();
      callback();
    };
    var stop = function () {
      events.forEach(function (name) { document.removeEventListener(name, listen, true); });
    };
    events.forEach(function (name) { document.addEventListener(name, listen, true); });
    return stop;
  }

  /** Calls back once when the pointer leaves over the top of the page, or a phone scrolls up fast. */
  function onExitIntent(callback) {
    var last = { y: window.scrollY, at: 0 };
    return once(["mouseout", "scroll"], function (event) {
      if (event.type === "mouseout") return !event.relatedTarget && event.clientY <= 0;
      var now = { y: window.scrollY, at: Date.now() };
      var fast = now.at - last.at < 200 && last.y - now.y > 150;
      if (fast || now.at - last.at > 100) last = now;
      return fast && "ontouchstart" in window;
    }, callback);
  }

  /** Calls back once after so many milliseconds without a sign of life. */
  function onInactivity(milliseconds, callback) {
    var waiting;
    var signs = ["mousemove", "keydown", "scroll", "touchstart", "click"];
    var stop = once(signs, restart, callback);
    function restart() {
      window.clearTimeout(waiting);
      waiting = window.setTimeout(function () { stop(); callback(); }, milliseconds);
      return false;
    }
    restart();
    return function () { window.clearTimeout(waiting); stop(); };
  }

  document.addEventListener("visibilitychange", function () {
    if (document.visibilityState === "hidden") flush();
  });
  window.addEventListener("pagehide", flush);
  window.addEventListener("online", function () { failures = 0; flush(); });

  window.proefwerk = {
    init: init, assign: assign, variant: variant, payload: payload, expose: expose, track: track, flush: flush,
    consent: consent, onExitIntent: onExitIntent, onInactivity: onInactivity,
    unit: function () { return unit; }
  };
})(window, document);
