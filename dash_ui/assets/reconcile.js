// The file of orders goes straight from the disk to the server: a page that holds it would hold it twice.
(function () {
  "use strict";
  const screens = window.dash_clientside.proefwerk;
  const NAMES = ["order", "unit", "time", "value", "currency", "consent", "match", "timezone"];

  screens.reconcileField = function () {
    const place = document.getElementById("reconcile-file");
    if (place && !place.firstChild) {
      const field = document.createElement("input");
      field.type = "file";
      field.id = "reconcile-input";
      field.className = "pw-file";
      field.accept = ".csv,.ndjson,.parquet,.gz";
      place.appendChild(field);
    }
    return window.dash_clientside.no_update;
  };

  screens.reconcileSend = function (clicks, experiment, metric, ...said) {
    if (!clicks) return window.dash_clientside.no_update;
    const field = document.getElementById("reconcile-input");
    const file = field && field.files[0];
    if (!file) return { missing: true, at: Date.now() };
    const query = new URLSearchParams({ file: file.name });
    if (metric) query.set("metric", metric);
    NAMES.forEach((name, place) => {
      if (said[place] && said[place].trim()) query.set(name, said[place].trim());
    });
    const token = (document.cookie.match(/(?:^|; )pw_csrf=([^;]*)/) || [])[1] || "";
    return fetch("/ui/reconcile/" + encodeURIComponent(experiment) + "/orders?" + query, {
      method: "POST",
      headers: { "X-CSRFToken": token, "Content-Type": "application/octet-stream" },
      body: file,
    })
      .then((answer) => answer.json().catch(() => ({ problem: ["HTTP " + answer.status] })))
      .then((found) => ({ ...found, at: Date.now() }));
  };
})();
