// Issuance and emission.

import { plot } from "../chart.ts";
import { fields, h, section, table } from "../dom.ts";
import { forecast } from "../forecast.ts";
import { amount, duration, part, words } from "../format.ts";
import type { Page } from "../page.ts";
import type { Emission } from "../types.ts";

type Data = { emission: Emission };

export const money: Page<Data> = {
  title: () => "Money",
  async load(rpc) {
    return { emission: await rpc.call<Emission>("training_emission") };
  },
  draw({ emission }) {
    const points = forecast(emission);
    return [
      h("h1", {}, "Money"),
      section(
        "Issuance",
        fields([
          ["issued", amount(emission.issuance)],
          ["of it at genesis", amount(emission.genesis)],
          ["minted", amount(emission.minted)],
          ["burned", amount(emission.burned)],
          ["at stake in groups", `${amount(emission.stake)}, ${part(emission.stake, emission.issuance)}`],
          [
            "emission halves",
            emission.next_halving === null
              ? "never again"
              : `with block ${emission.next_halving.toLocaleString("en")}, in ${duration(emission.next_halving - emission.block)}`,
          ],
        ]),
        points.length > 1 &&
          plot({
            title: "Issuance at each halving, if all is minted that may be",
            unit: "block",
            x: points.map(({ block }) => block),
            lines: [
              { label: "issuance at most, NRN", colour: "--accent", values: points.map(({ issuance }) => issuance) },
            ],
          }),
      ),
      section(
        "Streams",
        table(
          "Streams of new tokens",
          ["for", "this period", "flown", "a period takes"],
          emission.streams.map((stream) => [
            words(stream.stream),
            amount(stream.emission),
            amount(stream.flown),
            duration(stream.period),
          ]),
          "",
        ),
      ),
    ];
  },
};
