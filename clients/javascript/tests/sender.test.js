import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import { conversion, EventSender, exposure } from "../src/index.js";
import { MemoryStorage, Platform } from "./stand-in.js";

const order = (number) => conversion("s-1", "order", number, { id: `order-${number}` });

function sender(url, options = {}) {
  const said = [];
  const made = new EventSender({
    url,
    key: "key",
    pauseMs: 20,
    warn: (message) => said.push(message),
    ...options,
  });
  return Object.assign(made, { said });
}

async function withPlatform(run) {
  const platform = await Platform.open();
  try {
    await run(platform);
  } finally {
    await platform.close();
  }
}

test("events go in batches with the key", () =>
  withPlatform(async (platform) => {
    const sending = sender(`${platform.url}/`, { batch: 40 });
    for (let number = 0; number < 100; number++) assert.ok(sending.send(order(number)));
    assert.ok(await sending.flush());
    assert.deepEqual(
      platform.events.map((event) => event.value),
      Array.from({ length: 100 }, (_, number) => number),
    );
    assert.equal(Math.max(...platform.batches.map((batch) => batch.length)), 40);
    assert.equal(platform.keys[0], "Bearer key");
  }));

test("events leave by themselves after a moment", () =>
  withPlatform(async (platform) => {
    const sending = sender(platform.url, { lingerMs: 10 });
    sending.send(order(1));
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(platform.events.length, 1);
    sending.send(order(2));
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(platform.events.length, 2);
  }));

test("an event given twice is sent once, and what is remembered is bounded", () =>
  withPlatform(async (platform) => {
    const sending = sender(platform.url, { remembered: 2 });
    assert.ok(sending.send(exposure("s-1", "bar", "1", "control")));
    assert.ok(!sending.send(exposure("s-1", "bar", "1", "control")));
    assert.ok(sending.send(exposure("s-1", "bar", "2", "control")));
    assert.ok(await sending.flush());
    assert.equal(platform.events.length, 2);
    sending.send(order(1));
    sending.send(order(2));
    assert.ok(!sending.send(order(1)));
    assert.ok(sending.send(exposure("s-1", "bar", "1", "control")));
    await sending.close();
  }));

for (const status of [401, 403, 404, 429, 500, 503]) {
  test(`what is answered with ${status} is tried again`, () =>
    withPlatform(async (platform) => {
      platform.statuses = [status, status];
      const sending = sender(platform.url, { lingerMs: 1 });
      sending.send(order(1));
      await new Promise((resolve) => setTimeout(resolve, 200));
      assert.equal(platform.events.length, 1);
    }));
}

for (const status of [400, 415, 422]) {
  test(`what is answered with ${status} is not tried again`, () =>
    withPlatform(async (platform) => {
      platform.statuses = [status];
      const sending = sender(platform.url);
      sending.send(order(1));
      assert.ok(await sending.flush());
      sending.send(order(2));
      assert.ok(await sending.flush());
      assert.deepEqual(
        platform.events.map((event) => event.id),
        ["order-2"],
      );
    }));
}

test("a batch that is too large is sent in parts", () =>
  withPlatform(async (platform) => {
    platform.most = 3;
    const sending = sender(platform.url);
    for (let number = 0; number < 10; number++) sending.send(order(number));
    assert.ok(await sending.flush());
    assert.deepEqual(
      platform.events.map((event) => event.value),
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    );
  }));

test("events wait for a platform that is away", async () => {
  const gone = await Platform.open();
  await gone.close();
  const sending = sender(gone.url);
  sending.send(order(1));
  assert.ok(!(await sending.flush(100)));
  const back = await Platform.open(gone.port);
  assert.ok(await sending.flush());
  assert.equal(back.events[0].id, "order-1");
  await back.close();
});

test("an event that waited long says when it happened", (context) =>
  withPlatform(async (platform) => {
    context.mock.timers.enable({ apis: ["Date"], now: 1_800_000_000_000 });
    const sending = sender(platform.url, { lingerMs: 100_000 });
    sending.send(order(1));
    context.mock.timers.setTime(1_800_000_060_000);
    sending.send(order(2));
    assert.ok(await sending.flush());
    assert.equal(platform.events[0].time, "2027-01-15T08:00:00.000Z");
    assert.equal(platform.events[1].time, undefined);
  }));

test("a full queue drops what is new, and says so once", async () => {
  const sending = sender("http://127.0.0.1:9", { capacity: 50, closeMs: 10 });
  const taken = Array.from({ length: 60 }, (_, number) => sending.send(order(number)));
  assert.deepEqual(taken, [...Array(50).fill(true), ...Array(10).fill(false)]);
  assert.equal(sending.said.filter((message) => message.startsWith("events are dropped: 50 wait")).length, 1);
  await sending.close();
  assert.match(sending.said.at(-1), /^50 events were not sent/);
  assert.ok(!sending.send(order(100)));
});

test("an event that is no JSON is refused without an error", () => {
  const sending = sender("http://127.0.0.1:9");
  const cyclic = { id: "x" };
  cyclic.self = cyclic;
  assert.ok(!sending.send(cyclic));
  assert.ok(!sending.send({ id: "y", value: 1n }));
});

test("what a page could not send the next page sends, as the same events", () =>
  withPlatform(async (platform) => {
    const storage = new MemoryStorage();
    const first = sender("http://127.0.0.1:9", { storage, closeMs: 1 });
    first.send(exposure("s-1", "bar", "1", "control"));
    await first.close();
    assert.equal(storage.length, 1);
    const second = sender(platform.url, { storage });
    assert.ok(await second.flush());
    assert.equal(platform.events[0].id, exposure("s-1", "bar", "1", "control").id);
    assert.equal(storage.length, 0);
  }));

test("a page whose storage is broken sends all the same", () =>
  withPlatform(async (platform) => {
    const broken = () => {
      throw new Error("full");
    };
    const storage = { length: 1, key: broken, getItem: broken, setItem: broken, removeItem: broken };
    const sending = sender(platform.url, { storage });
    sending.send(order(1));
    assert.ok(await sending.flush());
    assert.equal(platform.events.length, 1);
  }));

test("a program that ends sends what is left, and one whose platform is away ends all the same", () =>
  withPlatform(async (platform) => {
    const program = (url) => `
      import { EventSender, conversion } from "${new URL("../src/index.js", import.meta.url)}";
      const sender = new EventSender({ url: "${url}", key: "key", lingerMs: 60000, closeMs: 100 });
      sender.send(conversion("s-1", "order"));`;
    const run = promisify(execFile);
    await run(process.execPath, ["--input-type=module", "-e", program(platform.url)]);
    assert.equal(platform.events.length, 1);
    await run(process.execPath, ["--input-type=module", "-e", program("http://127.0.0.1:9")], {
      timeout: 20_000,
    });
  }));
