import { figuresOf, type MetricsSeries, type Period, stepsOf } from '../../../core/metrics-series.ts';
import { Icon } from '../parts/icon.tsx';
import { Components } from './components.tsx';
import { Failures } from './failures.tsx';
import { FigureTiles } from './figure-tiles.tsx';
import { DurationPlot } from './plots/duration-plot.tsx';
import { stepNamer } from './plots/steps.ts';
import { Strategies } from './strategies.tsx';

interface RecoveryViewProps {
  series: MetricsSeries;
  period: Period;
  nowMs: number;
}

export function RecoveryView({ series, period, nowMs }: RecoveryViewProps) {
  const figures = figuresOf(series);
  if (figures.incidents === 0)
    return (
      <div class="banner ok slim">
        <h2>
          <Icon name="ok" />
          Nothing broke
        </h2>
        <p>No incident was detected in this period.</p>
      </div>
    );
  const steps = stepsOf(period, nowMs);
  const axis = { steps, nameOf: stepNamer(period) };
  return (
    <>
      <FigureTiles figures={figures} failures={series.failures} />
      <div class="plots">
        <DurationPlot
          id="recovery-time"
          title="Time to recovery"
          about="From the detection until what was broken worked again."
          axis={axis}
          durations={series.detected.map(({ at, restoration }) => ({ at, ...restoration }))}
        />
        <DurationPlot
          id="detection-time"
          title="Time to detection"
          about="From the failure to its detection."
          axis={axis}
          durations={series.detected.map(({ at, detection }) => ({ at, ...detection }))}
        />
      </div>
      <Components attempts={series.attempts} axis={axis} />
      <Failures failures={series.failures} axis={axis} />
      <Strategies attempts={series.attempts} />
    </>
  );
}
