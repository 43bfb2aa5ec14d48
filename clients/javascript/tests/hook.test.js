import assert from "node:assert/strict";
import { test } from "node:test";
import { InMemoryProvider, OpenFeature } from "@openfeature/server-sdk";
import { ExposureHook } from "../src/index.js";
import { ProefwerkProvider } from "../src/server.js";

const METADATA = { experiment: "bar", version: "2", unit: "s-1", inExperiment: true };
const SHOPPER = { targetingKey: "s-1", device: "mobile", company: 7, id: "x" };

// Keeps what it is given.
class Sender {
  events = [];
  send(event) {
    this.events.push(event);
    return true;
  }
  async close() {}
}

async function evaluate(hook, metadata) {
  const flag = { variants: { on: "yes" }, defaultVariant: "on", disabled: false, flagMetadata: metadata };
  const provider = new InMemoryProvider({ bar: flag });
  const resolve = provider.resolveStringEvaluation.bind(provider);
  provider.resolveStringEvaluation = async (...asked) => ({
    ...(await resolve(...asked)),
    flagMetadata: metadata,
  });
  await OpenFeature.setProviderAndWait(provider);
  OpenFeature.clearHooks();
  OpenFeature.addHooks(hook);
  return OpenFeature.getClient().getStringValue("bar", "default", SHOPPER);
}

test("an evaluation inside an experiment is reported under the unit that was split", async () => {
  const sender = new Sender();
  assert.equal(await evaluate(new ExposureHook(sender, { attributes: ["device", "id"] }), METADATA), "yes");
  await evaluate(new ExposureHook(sender), { ...METADATA, unit: "7" });
  assert.deepEqual(
    sender.events.map((event) => [event.unit, event.experiment, event.variant, event.attributes]),
    [
      ["s-1", "bar", "on", { device: "mobile" }],
      ["7", "bar", "on", { device: "mobile", company: 7 }],
    ],
  );
});

test("an evaluation outside an experiment is no exposure", async () => {
  const sender = new Sender();
  for (const inExperiment of [false, "true", undefined]) {
    await evaluate(new ExposureHook(sender), { ...METADATA, inExperiment });
  }
  assert.deepEqual(sender.events, []);
});

test("who meets an experiment of a holdout is exposed to that too, held out or not", async () => {
  const side = { holdout: "h", holdoutVariant: "held-out", holdoutVersion: "3", holdoutUnit: "s-9" };
  const sender = new Sender();
  await evaluate(new ExposureHook(sender), { ...METADATA, ...side, inExperiment: false });
  await evaluate(new ExposureHook(sender), { ...METADATA, ...side });
  assert.deepEqual(
    sender.events.map((event) => [event.unit, event.experiment, event.variant]),
    [
      ["s-9", "h", "held-out"],
      ["s-9", "h", "held-out"],
      ["s-1", "bar", "on"],
    ],
  );
});

test("a broken exposure fails no evaluation", async (context) => {
  context.mock.method(console, "warn", () => {});
  const broken = new Sender();
  broken.send = () => {
    throw new Error("broken");
  };
  assert.equal(await evaluate(new ExposureHook(broken), METADATA), "yes");
  assert.equal(console.warn.mock.callCount(), 1);
});

test("track is a conversion for each unit", async () => {
  const sender = new Sender();
  const units = ["targetingKey", "company", "nothing"];
  const provider = new ProefwerkProvider({ url: "http://127.0.0.1:9", key: "key", units, sender });
  await OpenFeature.setProviderAndWait(provider);
  const client = OpenFeature.getClient();
  client.track("order", SHOPPER, { value: 49.95, currency: "EUR", items: 2, id: "order-1" });
  client.track("visit", SHOPPER);
  client.track("nobody");
  const [first, second, ...rest] = sender.events;
  assert.deepEqual(first, {
    type: "conversion",
    id: "order-1",
    unit: "s-1",
    name: "order",
    value: 49.95,
    currency: "EUR",
    properties: { items: 2 },
  });
  assert.deepEqual([second.unit, second.id], ["7", "order-1:company"]);
  assert.deepEqual(
    rest.map((event) => [event.name, event.unit]),
    [
      ["visit", "s-1"],
      ["visit", "7"],
    ],
  );
  await OpenFeature.close();
});
