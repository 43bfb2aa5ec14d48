"use strict";
// flagd's in-process evaluator behind Express: as many flags as asked, each with an audience and a split.
const express = require("express");
const { FlagdCore } = require("@openfeature/flagd-core");

const [port, count, key] = process.argv.slice(2);
const keys = Array.from({ length: Number(count) }, (_, number) => `experiment-${number}`);
const audience = { and: [{ in: [{ var: "country" }, ["NL", "BE"]] }, { ">=": [{ var: "visits" }, 2] }] };
const flags = Object.fromEntries(
  keys.map((name, number) => {
    const share = number % 2 ? 50 : 90;
    const split = { fractional: [["control", share], ["treatment", 100 - share]] };
    return [
      name,
      {
        state: "ENABLED",
        variants: { control: { columns: 1 }, treatment: { columns: 2 } },
        defaultVariant: "control",
        targeting: { if: [audience, split, "control"] },
      },
    ];
  }),
);
const core = new FlagdCore();
core.setConfigurations(JSON.stringify({ flags }));

const app = express();
app.disable("x-powered-by");
app.use(express.json());
app.post("/api/v1/assign", (request, response) => {
  if (request.get("Authorization") !== `Bearer ${key}`) return response.sendStatus(401);
  const assignments = {};
  for (const name of keys) {
    const found = core.resolveObjectEvaluation(name, {}, request.body.context);
    assignments[name] = { variant: found.variant, payload: found.value, reason: found.reason };
  }
  return response.json({ revision: "none", assignments });
});
app.listen(Number(port), "127.0.0.1");
