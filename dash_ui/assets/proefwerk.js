// What the frame does in the browser: routes, focus, theme, language.
(function () {
  "use strict";
  const ROOT = "/ui/";
  let quiet = null;

  // Charts load the small bundle, and only on pages that have one.
  Object.defineProperty(window, "_dashPlotlyJSURL", {
    get: () => ROOT + "assets/vendor/plotly-basic.min.js",
    set: () => undefined,
  });

  function post(address, values) {
    const token = (document.cookie.match(/(?:^|; )pw_csrf=([^;]*)/) || [])[1] || "";
    const body = new URLSearchParams(values || {});
    return window.fetch(address, { method: "POST", headers: { "X-CSRFToken": token }, body, redirect: "manual" });
  }

  // Of the person, so that it goes with them to other browsers; the answer sets the cookie of this one.
  function keep(name, value) {
    return post(ROOT + "preferences", { [name]: value }).catch(() => undefined);
  }

  function tell(message) {
    const box = document.getElementById("alert");
    if (!box) return;
    document.getElementById("alert-text").textContent = message || "";
    box.hidden = !message;
    if (message) box.scrollIntoView({ block: "nearest" });
  }

  function mark(path) {
    document.querySelectorAll(".pw-nav-entry").forEach(function (entry) {
      const link = entry.firstElementChild;
      const under = entry.dataset.under.split(" ").filter(Boolean);
      const here = link.getAttribute("href") === path || under.some((start) => path.startsWith(start));
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

  const cents = (value) => Math.round(value * 100) / 100;

  function evenly(count) {
    const part = Math.floor(10000 / count) / 100;
    const shares = Array(count).fill(part);
    shares[count - 1] = cents(100 - part * (count - 1));
    return shares;
  }

  function balanced(before, place, value) {
    const rest = 100 - value;
    const others = before.reduce((sum, share, index) => (index === place ? sum : sum + share), 0);
    const shares = before.map(function (share, index) {
      if (index === place) return value;
      return cents(others > 0 ? (share * rest) / others : rest / (before.length - 1));
    });
    const last = place === shares.length - 1 ? shares.length - 2 : shares.length - 1;
    shares[last] = cents(shares[last] + 100 - shares.reduce((sum, share) => sum + share, 0));
    return shares;
  }

  document.addEventListener("click", function (event) {
    document.querySelectorAll("details.pw-account[open]").forEach(function (panel) {
      if (!panel.contains(event.target)) panel.open = false;
    });
  });
  document.addEventListener("click", function (event) {
    const button = event.target.closest && event.target.closest(".pw-copy");
    if (!button) return;
    const label = button.querySelector("span:last-child");
    copied(button.dataset.copy).then(function () {
      const before = label.textContent;
      label.textContent = button.dataset.copied;
      setTimeout(() => (label.textContent = before), 2000);
    });
  });
  // The header of a dialog is none of the page; the library does not say so.
  document.addEventListener("focusin", function (event) {
    const dialog = event.target.closest && event.target.closest(".mantine-Modal-content");
    const header = dialog && dialog.querySelector("header");
    if (header) header.setAttribute("role", "presentation");
  });
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") return;
    const panel = document.querySelector("details.pw-account[open]");
    if (panel) {
      panel.open = false;
      panel.querySelector("summary").focus();
    } else if (document.documentElement.dataset.navigation === "open") {
      window.dash_clientside.set_props("burger", { opened: false });
      document.getElementById("burger").focus();
    }
  });

  // Browsers give the clipboard to pages over TLS; elsewhere the old command still copies what is selected.
  function copied(text) {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    const box = document.body.appendChild(document.createElement("textarea"));
    box.value = text;
    box.select();
    document.execCommand("copy");
    box.remove();
    return Promise.resolve();
  }

  let first = true;
  let fresh = true;
  const none = () => window.dash_clientside.no_update;

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    proefwerk: {
      route(path, search, drawn) {
        mark(path || ROOT);
        if (fresh) {
          fresh = false;
          if (drawn === location.pathname + location.search) return none();
        }
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
        document.documentElement.dataset.navigation = opened ? "open" : "";
        document.getElementById("burger").setAttribute("aria-expanded", String(opened));
        return Object.assign({}, navbar, { collapsed: { mobile: !opened } });
      },
      theme(clicks, scheme) {
        if (!clicks) {
          if (document.documentElement.dataset.schemeChoice !== "auto") return none();
          return window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
        }
        const next = scheme === "dark" ? "light" : "dark";
        keep("theme", next);
        return next;
      },
      language(clicks) {
        if (!clicks) return none();
        keep("language", document.getElementById("language").dataset.language).finally(() => location.reload());
        return true;
      },
      signOut(clicks) {
        if (!clicks) return none();
        post("/logout").finally(() => location.assign("/login"));
        return true;
      },
      reload(asked) {
        if (asked) location.reload();
        return none();
      },
      hiddenUnless: (wanted) => !wanted,
      go(path) {
        if (!path) return none();
        const [place, search] = path.split("?");
        window.dash_clientside.set_props("url", { pathname: place, search: search ? "?" + search : "" });
        return none();
      },
      wizardSignal(signal) {
        if (!signal || !signal.focus) return none();
        setTimeout(function () {
          const places = {
            error: () =>
              document.querySelector(".pw-wizard [aria-invalid=true]") || document.getElementById("wizard-problem"),
            notice: () => document.querySelector("#wizard-notice .pw-notice"),
            title: () => document.getElementById("wizard-title"),
          };
          const wanted = places[signal.focus]();
          // The title took the focus as it appeared; whoever has gone on meanwhile keeps it where they are.
          if (!wanted || (signal.focus === "title" && document.activeElement !== document.body)) return;
          wanted.focus({ preventScroll: true });
          const top = signal.focus === "error" ? wanted : document.querySelector("h1");
          top.scrollIntoView({ block: signal.focus === "error" ? "center" : "end" });
        }, 30);
        return none();
      },
      // Whoever changes one share changes the others with it, so that they always total 100.
      shares(numbers, sliders) {
        const asked = window.dash_clientside.callback_context.triggered_id;
        const still = [numbers.map(none), sliders.map(none)];
        if (!asked || !numbers.length) return still;
        let next;
        if (asked === "even-split") {
          if (!window.dash_clientside.callback_context.triggered[0].value) return still;
          next = evenly(numbers.length);
        } else {
          const place = asked.index;
          const list = asked.type === "share" ? sliders : numbers;
          const other = asked.type === "share" ? numbers : sliders;
          const value = Number(list[place]);
          if (list[place] === "" || list[place] === null || !(value >= 0 && value <= 100)) return still;
          if (value === Number(other[place])) return still;
          next = balanced(other.map(Number), place, value);
        }
        return [next, next];
      },
      address(search) {
        if (search === undefined || search === null) return none();
        address(search);
        return none();
      },
    },
  });
})();
