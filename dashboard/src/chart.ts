// Plots by uPlot.

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { h } from "./dom.ts";

const HEIGHT = 260;

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export type Line = {
  label: string;
  /** Name of the colour in the style sheet. */
  colour: string;
  values: (number | null)[];
  /** True for dots without a line. */
  dots?: boolean;
  /** True for a line that keeps its value up to the next. */
  steps?: boolean;
};

export type Plot = {
  title: string;
  /** Name of what is counted along the horizontal axis. */
  unit: string;
  x: number[];
  lines: Line[];
  marks?: { x: number; label: string }[];
};

/** Returns a plot of lines, with marks at some places. */
export function plot({ title, unit, x, lines, marks = [] }: Plot): HTMLElement {
  const box = h("div", { class: "plot", role: "img", "aria-label": title });
  const text = colour("--text");
  const grid = { stroke: colour("--line"), width: 1 };
  const axis = { stroke: text, grid, ticks: grid };
  const options: uPlot.Options = {
    width: 600,
    height: HEIGHT,
    scales: { x: { time: false, range: (_, low, high) => [low, Math.max(high, low + 1)] } },
    axes: [
      { ...axis, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8] },
      { ...axis, size: 84, values: (_, values) => values.map((value) => String(Number(value.toPrecision(6)))) },
    ],
    legend: { live: true },
    series: [
      { label: unit },
      ...lines.map((line) => ({
        label: line.label,
        stroke: colour(line.colour),
        width: line.dots ? 0 : 2,
        points: { show: line.dots ?? false, size: 7, fill: colour(line.colour) },
        spanGaps: true,
        ...(line.steps && uPlot.paths.stepped ? { paths: uPlot.paths.stepped({ align: 1 }) } : {}),
        ...(line.dots ? { paths: () => null } : {}),
      })),
    ],
    hooks: {
      draw: [
        (chart) => {
          const { ctx } = chart;
          ctx.save();
          ctx.strokeStyle = colour("--mark");
          ctx.fillStyle = text;
          ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
          ctx.setLineDash([4, 4]);
          for (const mark of marks) {
            const at = chart.valToPos(mark.x, "x", true);
            if (at < chart.bbox.left || at > chart.bbox.left + chart.bbox.width) continue;
            ctx.beginPath();
            ctx.moveTo(at, chart.bbox.top);
            ctx.lineTo(at, chart.bbox.top + chart.bbox.height);
            ctx.stroke();
            ctx.fillText(mark.label, at + 4, chart.bbox.top + 12 * devicePixelRatio);
          }
          ctx.restore();
        },
      ],
    },
  };
  const data = [x, ...lines.map((line) => line.values)] as uPlot.AlignedData;
  const chart = new uPlot(options, data, box);
  const observer = new ResizeObserver(([entry]) => {
    if (entry && entry.contentRect.width > 0) {
      chart.setSize({ width: Math.floor(entry.contentRect.width), height: HEIGHT });
    }
  });
  observer.observe(box);
  return box;
}
