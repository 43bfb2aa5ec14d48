// What the frame does in the browser: routes, focus, theme, language, lost connections.
(function () {
  "use strict";
  const ROOT = "/ui/";
  let quiet = null;

  // Charts load the small bundle, and only on pages that have one.
  Object.defineProperty(window, "_dashPlotlyJSURL", {
    get: () => ROOT + "assets/vendor/plotly-basic.min.js",
    set: () => undefined,
  });

  function cookie(name, value) {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `${name}=${value}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
  }

  function tell(message) {
    const box = document.getElementById("alert");
    if (!box) return;
    box.textContent = message || "";
    box.hidden = !message;
    if (message) box.scrollIntoView({ block: "nearest" });
  }

  function signInAgain() {
    const here = location.pathname + location.search;
    location.assign("/login?next=" + encodeURIComponent(here));
  }

  const words = {
    en: { lost: "The connection is lost. What you see may be old; your last change is not saved." },
    nl: { lost: "De verbinding is weg. Wat je ziet kan oud zijn; je laatste wijziging is niet bewaard." },
  };

  const fetchHere = window.fetch.bind(window);
  let lost = false;
  window.fetch = function (target, options) {
    return fetchHere(target, options).then(
      function (response) {
        if (lost) {
          lost = false;
          tell("");
        }
        if (response.status === 401 && String(response.url).includes(ROOT)) signInAgain();
        return response;
      },
      function (error) {
        if (!(options && options.signal && options.signal.aborted)) {
          lost = true;
          tell(words[document.documentElement.lang === "nl" ? "nl" : "en"].lost);
        }
        throw error;
      },
    );
  };

  function mark(path) {
    document.querySelectorAll(".pw-nav-link").forEach(function (link) {
      const own = link.getAttribute("href");
      const here = own === path || (own === ROOT && path.startsWith(ROOT + "e/"));
      if (here) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    });
  }

  // Keeps what one may share in the address, without drawing the page again.
  function address(search) {
    const wanted = search ? "?" + search : "";
    if (location.search === wanted) return;
    quiet = wanted;
    history.replaceState(null, "", location.pathname + wanted);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
  }

  let first = true;
  const none = () => window.dash_clientside.no_update;

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    proefwerk: {
      route(path, search) {
        mark(path || ROOT);
        if (quiet !== null && quiet === (search || "")) {
          quiet = null;
          return none();
        }
        quiet = null;
        tell("");
        return { path: path, search: search || "", at: Date.now() };
      },
      arrived(title) {
        if (!title) return none();
        document.title = title + " · Proefwerk";
        document.getElementById("page").removeAttribute("title");
        window.dash_clientside.set_props("burger", { opened: false });
        if (first) {
          first = false;
          return none();
        }
        window.scrollTo(0, 0);
        requestAnimationFrame(function () {
          const heading = document.querySelector("#page h1");
          if (heading) {
            heading.setAttribute("tabindex", "-1");
            heading.focus({ preventScroll: true });
          }
        });
        return title;
      },
      problem(message) {
        tell(message);
        return !message;
      },
      burger(opened, navbar) {
        return Object.assign({}, navbar, { collapsed: { mobile: !opened } });
      },
      theme(clicks, scheme) {
        if (!clicks) {
          if (document.documentElement.dataset.schemeChoice !== "auto") return none();
          return window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
        }
        const next = scheme === "dark" ? "light" : "dark";
        cookie("pw_theme", next);
        return next;
      },
      language(clicks) {
        if (!clicks) return none();
        cookie("pw_language", document.getElementById("language").dataset.language);
        location.reload();
        return true;
      },
      signOut(clicks) {
        if (!clicks) return none();
        const token = (document.cookie.match(/(?:^|; )pw_csrf=([^;]*)/) || [])[1] || "";
        fetchHere("/logout", { method: "POST", headers: { "X-CSRFToken": token }, redirect: "manual" })
          .finally(() => location.assign("/login"));
        return true;
      },
      address(search) {
        if (search === undefined || search === null) return none();
        address(search);
        return none();
      },
    },
  });
})();
