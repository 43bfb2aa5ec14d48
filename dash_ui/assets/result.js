// The result page's switches: how to read, in which unit, and which effect; all of it in the address.
(function () {
  "use strict";
  const screens = window.dash_clientside.proefwerk;

  screens.resultLook = function (view, scale, effect, held) {
    if (!held) return [window.dash_clientside.no_update, window.dash_clientside.no_update];
    const query = new URLSearchParams(location.search);
    const keep = function (name, value, usual) {
      if (value && value !== usual) query.set(name, value);
      else query.delete(name);
    };
    keep("view", view, "marketer");
    keep("scale", scale, "relative");
    const chosen = (window.dash_clientside.callback_context.triggered || []).some((each) =>
      each.prop_id.startsWith("result-effect"),
    );
    if (chosen && effect) {
      const cut = effect.indexOf(":");
      query.set("metric", effect.slice(0, cut));
      query.set("treatment", effect.slice(cut + 1));
    }
    screens.address(query.toString());
    return ["pw-result pw-" + view + " pw-" + scale + "-scale", query.toString()];
  };

  screens.printPage = function (clicks) {
    if (clicks) window.print();
    return window.dash_clientside.no_update;
  };
})();
