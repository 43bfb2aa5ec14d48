// What the wizard does in the browser: hears what is pressed at once, keeps what is typed until it is saved.
(function () {
  "use strict";
  const PAUSE = 1500;
  const AGAIN = 3000;
  const STUCK = 20000;
  const none = () => window.dash_clientside.no_update;
  const put = (id, data) => window.dash_clientside.set_props(id, { data: data });

  let opened = null;
  let slot = null;
  let turn = null;
  let seen = null;
  let baseline = null;
  let edits = 0;
  let timer = null;
  let turning = 0;
  let saving = 0;
  let waiting = null;

  const since = (moment) => moment && Date.now() - moment < STUCK;
  const place = (who, name) => `pw-draft:1:${who}:${name}`;

  function keep(state, values, shares) {
    try {
      sessionStorage.setItem(place(state.who, state.slot), JSON.stringify({ state, values, shares }));
    } catch {
      // A browser that keeps nothing still has the draft that the server keeps.
    }
  }

  function forget(state, name) {
    try {
      sessionStorage.removeItem(place(state.who, name));
    } catch {
      return;
    }
  }

  function kept(state) {
    try {
      return JSON.parse(sessionStorage.getItem(place(state.who, state.slot)));
    } catch {
      return null;
    }
  }

  function later(pause) {
    clearTimeout(timer);
    timer = setTimeout(function () {
      if (!document.getElementById("wizard-frame")) return;
      if (since(turning) || since(saving)) return later(500);
      if (!navigator.onLine) tell("lost");
      saving = Date.now();
      put("wizard-autosave", edits);
      later(AGAIN);
    }, pause);
  }

  function tell(name) {
    const line = document.getElementById("wizard-saved");
    if (line) window.dash_clientside.set_props("wizard-saved", { children: line.dataset[name] });
  }

  // The title of a step has the focus from the moment that it is there, so that no key goes elsewhere.
  function watch() {
    const frame = document.getElementById("wizard-frame");
    const title = () => document.getElementById("wizard-title");
    let last = title() && title().textContent;
    const look = function () {
      const now = title();
      if (!now || now.textContent === last) return;
      last = now.textContent;
      now.focus({ preventScroll: true });
      document.querySelector("h1").scrollIntoView({ block: "end" });
    };
    if (frame) new MutationObserver(look).observe(frame, { childList: true, subtree: true, characterData: true });
  }

  function send(press) {
    if (since(saving)) {
      waiting = press;
      return none();
    }
    return Object.assign({ at: Date.now() }, press);
  }

  function idOf(entry) {
    const name = entry.prop_id.slice(0, entry.prop_id.lastIndexOf("."));
    return name.startsWith("{") ? JSON.parse(name) : name;
  }

  Object.assign(window.dash_clientside.proefwerk, {
    // Inputs that have just appeared are no press; a second press of what is being done is none either.
    wizardPress(...inputs) {
      const state = inputs[inputs.length - 1];
      const heard = window.dash_clientside.callback_context.triggered;
      const pressed = heard.find((entry) => entry.prop_id.endsWith(".n_clicks") && entry.value);
      if (since(turning)) return none();
      if (pressed) {
        const id = idOf(pressed);
        if (id.type === "wizard-delete") forget(state, state.slot);
        return send({ what: id });
      }
      const now = {
        surface: state.document.surface,
        hypothesis_mode: state.as_text ? "text" : "sentence",
        payload_mode: state.payload_json ? "json" : "form",
        audience_mode: state.audience_json ? "json" : "words",
      };
      const turned = heard.find(function (entry) {
        const id = idOf(entry);
        return id.type === "plain" && entry.value && now[id.name] !== undefined && entry.value !== now[id.name];
      });
      return turned ? send({ what: idOf(turned) }) : none();
    },
    wizardKeep(...inputs) {
      const state = inputs[inputs.length - 1];
      if (!state) return none();
      const [fields, sliders, toggles, shares, plain] = window.dash_clientside.callback_context.inputs_list;
      const values = {};
      [fields, sliders, toggles, plain].forEach((group) =>
        (group || []).forEach((item) => (values[item.id.name] = item.value)),
      );
      const latest = { values: values, shares: (shares || []).map((item) => item.value) };
      const text = JSON.stringify(latest);
      const sight = state.opened + state.turn;
      if (sight !== seen || text === baseline) {
        seen = sight;
        baseline = text;
        return none();
      }
      baseline = text;
      edits += 1;
      keep(state, latest.values, latest.shares);
      if (state.key && !state.conflict) later(PAUSE);
      else if (!state.key) tell("kept");
      return none();
    },
    wizardOpened(state) {
      if (!state) return none();
      if (state.opened !== opened) {
        opened = state.opened;
        slot = state.slot;
        edits = 0;
        turn = state.turn;
        clearTimeout(timer);
        watch();
        const found = kept(state);
        if (found) setTimeout(() => put("wizard-press", { what: "restore", kept: found, at: Date.now() }), 0);
        return none();
      }
      if (state.slot !== slot) {
        forget(state, slot);
        slot = state.slot;
      }
      if (state.turn !== turn) {
        turn = state.turn;
        clearTimeout(timer);
        if (!state.unsaved) forget(state, slot);
        else {
          edits += 1;
          keep(state, {}, []);
          if (state.key && !state.conflict) later(PAUSE);
        }
      } else if (state.conflict) {
        clearTimeout(timer);
      } else if (state.edit === edits) {
        clearTimeout(timer);
        if (!state.unsaved) forget(state, slot);
      }
      return none();
    },
    wizardBusy(busy, saves) {
      turning = busy ? turning || Date.now() : 0;
      saving = saves ? saving || Date.now() : 0;
      if (!saves && !busy && waiting) {
        const press = waiting;
        waiting = null;
        put("wizard-press", Object.assign({ at: Date.now() }, press));
      }
      return none();
    },
  });
  window.addEventListener("pw-lost", function () {
    turning = saving = 0;
    if (document.getElementById("wizard-frame")) tell("lost");
  });
})();
