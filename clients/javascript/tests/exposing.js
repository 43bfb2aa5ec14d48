// A storefront in JavaScript: evaluates every flag for some shoppers, thrice, and reports an order of each.
// Usage: node exposing.js URL KEY FLAGS UNITS server|web
import * as server from "@openfeature/server-sdk";
import * as web from "@openfeature/web-sdk";
import { ProefwerkProvider } from "../src/server.js";
import { ProefwerkWebProvider } from "../src/web.js";

const [url, key, listed, units, side] = process.argv.slice(2);
const flags = listed.split(",");

async function evaluate(shopper, order) {
  if (side === "server") {
    const client = server.OpenFeature.getClient();
    for (const flag of [flags, flags, flags].flat()) await client.getObjectValue(flag, {}, shopper);
    client.track("order", shopper, order);
  } else {
    await web.OpenFeature.setContext(shopper);
    const client = web.OpenFeature.getClient();
    for (const flag of [flags, flags, flags].flat()) client.getObjectValue(flag, {});
    client.track("order", order);
  }
}

async function main() {
  const shopper = (number) => ({
    targetingKey: `s-é-${number}`,
    country: "NL",
    visits: 3,
    company: number % 4,
  });
  if (side === "server") await server.OpenFeature.setProviderAndWait(new ProefwerkProvider({ url, key }));
  else {
    await web.OpenFeature.setContext(shopper(0));
    await web.OpenFeature.setProviderAndWait(new ProefwerkWebProvider({ url, key }));
  }
  for (let number = 0; number < Number(units); number++) {
    await evaluate(shopper(number), { value: number + 0.5, id: `order-${number}` });
  }
  console.log("waiting");
  for await (const _ of process.stdin) break;
  await server.OpenFeature.close();
  await web.OpenFeature.close();
  process.exit(0);
}

main();
