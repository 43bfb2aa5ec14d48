// The journal's filter, kept in the address, and the way to the part of the page that the address names.
(function () {
  "use strict";
  const screens = window.dash_clientside.proefwerk;
  let gone = null;

  screens.journalShow = function (shown) {
    const query = new URLSearchParams(location.search);
    if (shown && shown !== "all") query.set("journal", shown);
    else query.delete("journal");
    if (query.get("journal") !== new URLSearchParams(location.search).get("journal")) {
      screens.address(query.toString());
    }
    const wanted = location.pathname + location.hash;
    if (location.hash && gone !== wanted) {
      gone = wanted;
      setTimeout(function () {
        const entry = document.getElementById(location.hash.slice(1));
        if (!entry) return;
        entry.scrollIntoView({ block: "center" });
        entry.focus({ preventScroll: true });
      }, 0);
    }
    return "pw-journal-" + (shown || "all");
  };
})();
