// What happens when the connection is lost: a banner, questions until it is back, the page drawn after all.
(function () {
  "use strict";
  const ROOT = "/ui/";
  const FIRST = 1500;
  const MOST = 15000;
  const UNWELL = [502, 503, 504];
  const fetchHere = window.fetch.bind(window);
  let lost = false;
  let timer = null;
  let wait = FIRST;
  let waiting = [];

  const part = (ident) => document.getElementById(ident);

  function show(gone) {
    const banner = part("connection");
    if (!banner) return;
    banner.hidden = !gone;
    if (!gone) part("announcer").textContent = banner.dataset.back;
  }

  function lose() {
    if (!lost) {
      lost = true;
      wait = FIRST;
      show(true);
    }
    clearTimeout(timer);
    timer = setTimeout(ask, wait);
  }

  function find() {
    if (!lost) return;
    lost = false;
    clearTimeout(timer);
    show(false);
    const held = waiting;
    waiting = [];
    held.forEach((again) => again());
  }

  function ask() {
    wait = Math.min(wait * 2, MOST);
    fetchHere(ROOT + "alive", { cache: "no-store" }).then(heard, lose);
  }

  function heard(answer) {
    if (answer.status === 401) signInAgain();
    if (UNWELL.includes(answer.status)) lose();
    else find();
  }

  function signInAgain() {
    location.assign("/login?next=" + encodeURIComponent(location.pathname + location.search));
  }

  // Only drawing a page may be asked again without anybody's wish: whatever else might be done twice.
  const draws = (options) => Boolean(options && String(options.body).includes('"output":"..page.children'));

  window.fetch = function (target, options) {
    return fetchHere(target, options).then(
      function (answer) {
        if (!String(answer.url).includes(ROOT)) return answer;
        if (answer.status === 401) signInAgain();
        if (UNWELL.includes(answer.status)) {
          lose();
          if (draws(options)) return later(target, options);
        } else find();
        return answer;
      },
      function (error) {
        if (options && options.signal && options.signal.aborted) throw error;
        window.dispatchEvent(new Event("pw-lost"));
        lose();
        if (draws(options)) return later(target, options);
        throw error;
      },
    );
  };

  function later(target, options) {
    return new Promise(function (resolve, reject) {
      waiting = [() => window.fetch(target, options).then(resolve, reject)];
    });
  }

  window.addEventListener("offline", lose);
  window.addEventListener("online", ask);
  document.addEventListener("click", function (event) {
    if (!event.target.closest) return;
    if (event.target.closest("#connection-retry")) ask();
    if (event.target.closest("#alert-retry")) location.reload();
  });
})();
