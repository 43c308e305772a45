// One chart of the last minutes: lines on a canvas. What it shows stands in words beside it; the canvas is decoration to readers.
import { useMantineColorScheme } from '@mantine/core';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

interface ChartProps {
  names: readonly string[];
  digits: number;
  /** Seconds, then one list for each name. */
  data: uPlot.AlignedData;
}

const HEIGHT = 132;
const time = new Intl.DateTimeFormat(undefined, {
  hour: 'numeric',
  minute: '2-digit',
  second: '2-digit',
  hour12: false,
});
const COLORS = ['--brand', '--agent', '--warn'];

export function Chart({ names, digits, data }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const latest = useRef(data);
  const { colorScheme } = useMantineColorScheme();
  const key = names.join();

  // biome-ignore lint/correctness/useExhaustiveDependencies: another scheme has other colours, which the canvas keeps
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const style = getComputedStyle(element);
    const color = (name: string) => style.getPropertyValue(name).trim();
    const axis = {
      stroke: color('--ink-faint'),
      font: `11px ${style.fontFamily}`,
      grid: { stroke: color('--line'), width: 1 },
      ticks: { show: false },
    };
    const drawn = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        padding: [8, 4, 0, 0],
        legend: { show: false },
        cursor: { show: false },
        scales: { y: { range: (_, __, max) => [0, Math.max(max * 1.15, digits === 0 ? 4 : 1)] } },
        axes: [
          {
            ...axis,
            grid: { show: false },
            space: 80,
            size: 26,
            values: (_, ticks) => ticks.map((tick) => time.format(tick * 1000)),
          },
          {
            ...axis,
            size: 40,
            space: 34,
            values: (_, ticks) => ticks.map((tick) => String(Number(tick.toFixed(1)))),
          },
        ],
        series: [
          {},
          ...key.split(',').map((_, index) => ({
            stroke: color(COLORS[index % COLORS.length] as string),
            width: 2,
            points: { show: false },
            spanGaps: true,
            ...(index === 0 && { fill: `${color(COLORS[0] as string)}18` }),
          })),
        ],
      },
      latest.current,
      element,
    );
    plot.current = drawn;
    const watch = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height: HEIGHT }));
    watch.observe(element);
    return () => {
      watch.disconnect();
      drawn.destroy();
      plot.current = undefined;
    };
  }, [key, digits, colorScheme]);

  useEffect(() => {
    latest.current = data;
    plot.current?.setData(data);
  }, [data]);

  return <div ref={box} aria-hidden="true" style={{ minHeight: HEIGHT }} />;
}
