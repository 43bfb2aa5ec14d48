// Asks every official client for every case, and prints what each resolved, one JSON line a case.
// Usage: node clients.cjs URL CLIENT_KEY < cases (one JSON object of attributes a line)
"use strict";
const { readFileSync } = require("node:fs");
const { GrowthBook } = require("@growthbook/growthbook");
const server = require("@openfeature/server-sdk");
const web = require("@openfeature/web-sdk");
const { OFREPProvider } = require("@openfeature/ofrep-provider");
const { OFREPWebProvider } = require("@openfeature/ofrep-web-provider");

const [url, key] = process.argv.slice(2);
const headers = [["X-API-Key", key]];

function fromGrowthBook(client, flag) {
  const found = client.evalFeature(flag);
  return { value: found.value, variant: found.experimentResult?.key ?? null };
}

function fromOpenFeature(details) {
  return { value: details.value, variant: details.variant, error: details.errorCode ?? null };
}

async function remotely(attributes, flags) {
  const exposed = {};
  const client = new GrowthBook({
    apiHost: url,
    clientKey: key,
    remoteEval: true,
    attributes,
    trackingCallback: (experiment, result) => { exposed[experiment.key] = result.key; },
  });
  await client.init({ skipCache: true });
  const found = Object.fromEntries(flags.map((flag) => [flag, client.evalFeature(flag).value]));
  client.destroy();
  return { found, exposed };
}

async function main() {
  const local = new GrowthBook({ apiHost: url, clientKey: key });
  await local.init();
  await server.OpenFeature.setProviderAndWait(new OFREPProvider({ baseUrl: url, headers }));
  const onServer = server.OpenFeature.getClient();
  let onWeb = null;
  for (const line of readFileSync(0, "utf8").trim().split("\n")) {
    const { attributes, flags } = JSON.parse(line);
    const context = { targetingKey: attributes.id, ...attributes };
    await local.setAttributes(attributes);
    await web.OpenFeature.setContext(context);
    if (!onWeb) {
      await web.OpenFeature.setProviderAndWait(new OFREPWebProvider({ baseUrl: url, headers, pollInterval: 0 }));
      onWeb = web.OpenFeature.getClient();
    }
    const { found, exposed } = await remotely(attributes, flags);
    const answer = {};
    for (const flag of flags) {
      answer[flag] = {
        local: fromGrowthBook(local, flag),
        remote: { value: found[flag], variant: exposed[flag] ?? null },
        server: fromOpenFeature(await onServer.getObjectDetails(flag, {}, context)),
        web: fromOpenFeature(onWeb.getObjectDetails(flag, {})),
      };
    }
    console.log(JSON.stringify(answer));
  }
  await server.OpenFeature.close();
  await web.OpenFeature.close();
  process.exit(0);
}

main().catch((error) => { console.error(error); process.exit(1); });
