import { scaleLinear } from 'd3-scale';
import type { StepAxis } from './steps.ts';

/** What happened within one step: bars of these heights, one on the other. */
export interface StackedBar {
  at: number;
  parts: { tone: 'ok' | 'bad' | 'plain'; value: number }[];
  word: string;
}

interface StripProps {
  title: string;
  axis: StepAxis;
  bars: readonly StackedBar[];
  /** The highest bar of all strips beside it: they are compared. */
  max: number;
}

const HEIGHT = 34;
/** What is there is seen, however little it is. */
const PART_MIN = 2;

/** A small bar for each step, beside a text that has the sum of them. */
export function Strip({ title, axis: { steps }, bars, max }: StripProps) {
  const height = scaleLinear([0, max], [0, HEIGHT - 2]);
  const width = 100 / steps.length;
  return (
    <svg class="strip" width="100%" height={HEIGHT} role="img" aria-label={title}>
      <line class="guide" x1="0" x2="100%" y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} />
      {bars.map(({ at, parts, word }) => {
        const x = steps.indexOf(at) * width;
        let top = HEIGHT - 1;
        return (
          <g>
            <title>{word}</title>
            {parts
              .filter(({ value }) => value > 0)
              .map(({ tone, value }) => {
                const size = Math.max(PART_MIN, height(value));
                top -= size;
                return (
                  <rect
                    class={tone}
                    x={`${(x + width * 0.12).toFixed(2)}%`}
                    width={`${(width * 0.76).toFixed(2)}%`}
                    y={top.toFixed(1)}
                    height={size.toFixed(1)}
                  />
                );
              })}
          </g>
        );
      })}
    </svg>
  );
}
