"use strict";
// GrowthBook's evaluator of many users behind Express: as many experiments as asked, each with an audience.
const express = require("express");
const { GrowthBookClient } = require("@growthbook/growthbook");

const [port, count, key] = process.argv.slice(2);
const keys = Array.from({ length: Number(count) }, (_, number) => `experiment-${number}`);
const features = Object.fromEntries(
  keys.map((name, number) => [
    name,
    {
      defaultValue: { columns: 1 },
      rules: [
        {
          key: name,
          seed: `${name}:1`,
          hashVersion: 2,
          hashAttribute: "id",
          condition: { country: { $in: ["NL", "BE"] }, visits: { $gte: 2 } },
          variations: [{ columns: 1 }, { columns: 2 }],
          meta: [{ key: "control" }, { key: "treatment" }],
          weights: number % 2 ? [0.5, 0.5] : [0.9, 0.1],
          coverage: 1,
        },
      ],
    },
  ]),
);
const client = new GrowthBookClient().initSync({ payload: { features } });

const app = express();
app.disable("x-powered-by");
app.use(express.json());
app.post("/api/v1/assign", (request, response) => {
  if (request.get("Authorization") !== `Bearer ${key}`) return response.sendStatus(401);
  const { targetingKey, ...attributes } = request.body.context;
  const user = { attributes: { ...attributes, id: targetingKey } };
  const assignments = {};
  for (const name of keys) {
    const found = client.evalFeature(name, user);
    assignments[name] = {
      variant: found.experimentResult?.key ?? "control",
      payload: found.value,
      in_experiment: found.experimentResult?.inExperiment ?? false,
      reason: found.source,
    };
  }
  return response.json({ revision: "none", assignments });
});
app.listen(Number(port), "127.0.0.1");
