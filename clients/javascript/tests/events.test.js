import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { conversion, exposure } from "../src/index.js";
import { sha256 } from "../src/sha256.js";

test("the digest is that of Node, for texts of every length", () => {
  for (let length = 0; length < 200; length++) {
    const text = "é😀x".repeat(length).slice(0, length);
    assert.equal(sha256(text), createHash("sha256").update(new TextEncoder().encode(text)).digest("hex"));
  }
});

test("an exposure has the same id wherever it is made", () => {
  // sha256sum of "exposure\nbar\n2\ncontrol\ns-é"; the Python package is held to the same number.
  assert.deepEqual(exposure("s-é", "bar", "2", "control", { device: "mobile" }), {
    type: "exposure",
    id: "a190a3085d9115b5a798be4b5faa3cd6",
    unit: "s-é",
    experiment: "bar",
    variant: "control",
    version: 2,
    attributes: { device: "mobile" },
  });
  assert.notEqual(exposure("s-é", "bar", "1", "control").id, exposure("s-é", "bar", "2", "control").id);
});

test("a conversion takes scalars and knows two by name", () => {
  const facts = { id: "order-1", currency: "EUR", items: 3, gift: false, lines: [1], coupon: null };
  assert.deepEqual(conversion("s-1", "order", 49.95, facts), {
    type: "conversion",
    id: "order-1",
    unit: "s-1",
    name: "order",
    value: 49.95,
    currency: "EUR",
    properties: { items: 3, gift: false, coupon: null },
  });
  assert.ok(!("value" in conversion("s-1", "order")));
});

test("a conversion without an id gets one and a long one is shortened", () => {
  assert.notEqual(conversion("s-1", "order").id, conversion("s-1", "order").id);
  const long = ["a", "a", "b"].map((end) => conversion("s-1", "order", 1, { id: "x".repeat(150) + end }).id);
  assert.equal(long[0], long[1]);
  assert.notEqual(long[0], long[2]);
  assert.equal(long[0].length, 32);
});
