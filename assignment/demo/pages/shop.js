/* The shop's own script: a cart, and the places that experiments decide. It works without the experiments too. */
(function () {
  "use strict";

  var shop = window.shop;
  var pw = null;
  var EXPERIMENTS = ["free-shipping-bar", "two-column-checkout", "also-bought", "exit-offer"];
  var SHIPPING = 4.95;

  function all(selector) { return Array.prototype.slice.call(document.querySelectorAll(selector)); }
  function one(selector) { return document.querySelector(selector); }
  function euro(amount) { return "€ " + amount.toFixed(2); }
  function cart() { return JSON.parse(localStorage.getItem("cart") || "{}"); }
  function keep(content) { localStorage.setItem("cart", JSON.stringify(content)); draw(); }
  function items(content) { return Object.values(content).reduce(function (sum, count) { return sum + count; }, 0); }

  function worth(content) {
    return Object.keys(content).reduce(function (sum, slug) { return sum + content[slug] * shop.catalogue[slug].price; }, 0);
  }

  /* Kept until the snippet is there, and done at once from then on. */
  function track(name, details) { window.proefwerk.push(function (api) { api.track(name, details); }); }

  function element(tag, className, text) {
    var made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function picture(product) {
    var frame = element("span", "picture");
    frame.style.background = product.tint;
    frame.innerHTML = '<svg aria-hidden="true"><use href="#' + product.drawing + '"/></svg>';
    return frame;
  }

  function card(slug) {
    var product = shop.catalogue[slug];
    var link = element("a", "card");
    link.href = "/p/" + slug;
    link.append(picture(product), element("span", "name", product.name), element("span", "price", euro(product.price)));
    link.addEventListener("click", function () { track("recommendation_click", { properties: { product: slug } }); });
    return link;
  }

  function line(slug, count) {
    var product = shop.catalogue[slug];
    var row = element("div", "line");
    var less = element("button", "", "Remove");
    less.type = "button";
    less.setAttribute("aria-label", "Remove " + product.name);
    less.addEventListener("click", function () { var content = cart(); delete content[slug]; keep(content); });
    row.append(picture(product), element("span", "", count + " × " + product.name), element("span", "price", euro(count * product.price)), less);
    return row;
  }

  function freeFrom() {
    var offer = pw ? pw.payload("free-shipping-bar") : {};
    return offer.show ? offer.threshold : Infinity;
  }

  function draw() {
    var content = cart();
    var sum = worth(content);
    var shipping = sum >= freeFrom() ? 0 : SHIPPING;
    all("[data-count]").forEach(function (place) { place.textContent = items(content); });
    all("[data-lines]").forEach(function (place) {
      place.classList.toggle("compact", "compact" in place.dataset);
      place.replaceChildren.apply(place, Object.keys(content).map(function (slug) { return line(slug, content[slug]); }));
    });
    all("[data-totals]").forEach(function (place) {
      place.replaceChildren();
      [["Products", euro(sum)], ["Shipping", shipping ? euro(shipping) : "free"], ["Total", euro(sum + shipping)]].forEach(function (row, index) {
        place.append(element("dt", index === 2 ? "total" : "", row[0]), element("dd", index === 2 ? "total" : "", row[1]));
      });
    });
    if (shop.page === "cart") drawCart(sum);
  }

  function drawCart(sum) {
    var threshold = freeFrom();
    one("[data-empty]").hidden = sum > 0;
    one("[data-summary]").hidden = sum === 0;
    one("[data-bar]").hidden = sum === 0 || threshold === Infinity;
    one("[data-bar]").classList.toggle("reached", sum >= threshold);
    one("[data-bar-text]").textContent = sum >= threshold ? "Your order ships for free." :
      "Only " + euro(threshold - sum) + " to go, then shipping is free.";
    one("[data-fill]").style.width = Math.min(100, 100 * sum / threshold) + "%";
    if (sum > 0 && pw) pw.expose("free-shipping-bar");
  }

  function recommend(place, payload) {
    var slug = one("[data-product]").dataset.product;
    var product = shop.catalogue[slug];
    var choice = shop.bestsellers;
    if (payload.strategy === "also-bought") choice = product.goes_with;
    if (payload.strategy === "similar") choice = Object.keys(shop.catalogue).filter(function (other) { return shop.catalogue[other].kind === product.kind; });
    choice = choice.filter(function (other) { return other !== slug; }).slice(0, 3);
    place.querySelector("h2").textContent = payload.title || "Our bestsellers";
    place.querySelector(".grid").replaceChildren.apply(place.querySelector(".grid"), choice.map(card));
  }

  function offerOnExit(variant, payload) {
    var dialog = one("[data-exit]");
    if (!payload.show) return;
    dialog.querySelector("h2").textContent = payload.title;
    one("[data-exit-text]").textContent = payload.text;
    dialog.showModal();
  }

  function signUp(event) {
    event.preventDefault();
    track("newsletter_signup");
    event.target.replaceChildren(element("p", "", "Thank you. The first letter is on its way."));
  }

  function order(event) {
    event.preventDefault();
    var content = cart();
    var sum = worth(content);
    if (!sum) return;
    track("order", { value: sum, currency: "EUR", properties: { order_id: Date.now().toString(36), items: items(content), margin: Math.round(40 * sum) / 100 } });
    keep({});
    window.location.href = "/thanks";
  }

  function tell() {
    one("[data-unit]").textContent = pw.unit();
    one("[data-variants]").replaceChildren.apply(one("[data-variants]"), EXPERIMENTS.map(function (key) {
      return element("li", "", key + ": " + (pw.variant(key) || "not running"));
    }));
  }

  draw();
  if (shop.page === "product") recommend(one("[data-recommendations]"), {});
  window.proefwerk.push(function (api) {
    pw = api;
    pw.init({ key: shop.key, host: shop.platform });
    pw.render("also-bought", function (place, variant, payload) { recommend(place, payload); });
    pw.render("two-column-checkout", function (place, variant, payload) { place.classList.toggle("two", payload.columns === 2); });
    if (shop.page === "cart" && worth(cart()) > 0) pw.when("exit-intent", "exit-offer", {}, offerOnExit);
    pw.assign().then(function () { draw(); tell(); });
  });
  if (shop.page === "product") track("product_view");
  if (shop.page === "checkout") track("checkout_started");
  all("[data-add]").forEach(function (button) {
    button.addEventListener("click", function () {
      var content = cart();
      content[button.dataset.add] = (content[button.dataset.add] || 0) + 1;
      keep(content);
      track("add_to_cart", { properties: { product: button.dataset.add } });
      button.textContent = "In your cart";
      window.setTimeout(function () { button.textContent = "Put in cart"; }, 1500);
    });
  });
  all("[data-order]").forEach(function (form) { form.addEventListener("submit", order); });
  all("[data-letters]").forEach(function (form) { form.addEventListener("submit", signUp); });
  all("[data-close]").forEach(function (button) { button.addEventListener("click", function () { button.closest("dialog").close(); }); });
  one("[data-renew]").addEventListener("click", function () { if (pw) pw.consent(false); window.location.reload(); });
})();
