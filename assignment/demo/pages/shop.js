/* The shop's own script: a cart, and the three places that experiments decide. */
(function () {
  "use strict";

  var shop = window.shop;
  var pw = window.proefwerk;
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
    link.addEventListener("click", function () { pw.track("recommendation_click", { properties: { product: slug } }); });
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
    var offer = pw.payload("free-shipping-bar");
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
    if (sum > 0) pw.expose("free-shipping-bar");
  }

  function drawRecommendations() {
    var place = one("[data-recommendations]");
    var slug = one("[data-product]").dataset.product;
    var product = shop.catalogue[slug];
    var payload = pw.payload("also-bought");
    var choice = shop.bestsellers;
    if (payload.strategy === "also-bought") choice = product.goes_with;
    if (payload.strategy === "similar") choice = Object.keys(shop.catalogue).filter(function (other) { return shop.catalogue[other].kind === product.kind; });
    choice = choice.filter(function (other) { return other !== slug; }).slice(0, 3);
    place.querySelector("h2").textContent = payload.title || "Our bestsellers";
    place.querySelector(".grid").replaceChildren.apply(place.querySelector(".grid"), choice.map(card));
    pw.expose("also-bought");
  }

  function drawCheckout() {
    one("[data-checkout]").classList.toggle("two", pw.payload("two-column-checkout").columns === 2);
    pw.expose("two-column-checkout");
    pw.track("checkout_started");
  }

  function order(event) {
    event.preventDefault();
    var content = cart();
    var sum = worth(content);
    if (!sum) return;
    pw.track("order", { value: sum, currency: "EUR", properties: { items: items(content), margin: Math.round(40 * sum) / 100 } });
    keep({});
    window.location.href = "/thanks";
  }

  function tell() {
    one("[data-unit]").textContent = pw.unit();
    one("[data-variants]").replaceChildren.apply(one("[data-variants]"), ["free-shipping-bar", "two-column-checkout", "also-bought"].map(function (key) {
      return element("li", "", key + ": " + (pw.variant(key) || "not running"));
    }));
  }

  pw.init({ key: shop.key, host: shop.platform });
  draw();
  pw.assign().then(function () {
    draw();
    tell();
    if (shop.page === "product") drawRecommendations();
    if (shop.page === "checkout") drawCheckout();
  });
  if (shop.page === "product") pw.track("product_view");
  all("[data-add]").forEach(function (button) {
    button.addEventListener("click", function () {
      var content = cart();
      content[button.dataset.add] = (content[button.dataset.add] || 0) + 1;
      keep(content);
      pw.track("add_to_cart", { properties: { product: button.dataset.add } });
      button.textContent = "In your cart";
      window.setTimeout(function () { button.textContent = "Put in cart"; }, 1500);
    });
  });
  all("[data-order]").forEach(function (form) { form.addEventListener("submit", order); });
  one("[data-renew]").addEventListener("click", function () { pw.consent(false); window.location.reload(); });
})();
