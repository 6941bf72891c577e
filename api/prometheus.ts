import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { DurationBucket, Gauges, Sample } from '../db/gauges.ts';

/** From one look of the watch to the longest repair worth telling apart. */
export const BUCKETS_SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

/** The text that Prometheus scrapes. */
export async function prometheusText(gauges: Gauges): Promise<{ contentType: string; text: string }> {
  const registry = new Registry();
  const registers = [registry];
  const add = (metric: Counter | Gauge, samples: readonly Sample[]) => {
    for (const { labels, value } of samples) metric.inc(labels, value);
  };
  add(
    new Counter({
      name: 'davylamp_recovery_attempts_total',
      help: 'Recovery attempts that were begun, by outcome.',
      labelNames: ['environment', 'component', 'outcome'],
      registers,
    }),
    gauges.attempts,
  );
  add(
    new Counter({
      name: 'davylamp_incidents_total',
      help: 'Incidents by what was found and how they stand.',
      labelNames: ['environment', 'component', 'failure', 'status'],
      registers,
    }),
    gauges.incidents,
  );
  add(
    new Gauge({ name: 'davylamp_runs', help: 'Runs by status.', labelNames: ['status'], registers }),
    gauges.runs,
  );
  add(
    new Gauge({
      name: 'davylamp_environment_healthy',
      help: 'Whether the last full look found everything working that should.',
      labelNames: ['environment', 'host'],
      registers,
    }),
    gauges.healthy,
  );
  observeAll(
    histogram('davylamp_time_to_detection_seconds', 'From a failure to its detection.', registers),
    gauges.detection,
  );
  observeAll(
    histogram('davylamp_time_to_recovery_seconds', 'From the detection of a failure to its end.', registers),
    gauges.recovery,
  );
  return { contentType: registry.contentType, text: await registry.metrics() };
}

function histogram(name: string, help: string, registers: Registry[]): Histogram {
  const labelNames = ['environment', 'component'];
  return new Histogram({ name, help, labelNames, buckets: BUCKETS_SECONDS, registers });
}

/** The mean of durations that share a bucket, as often as there are: count, sum and buckets come out right. */
function observeAll(metric: Histogram, durations: readonly DurationBucket[]): void {
  for (const { labels, count, meanSeconds } of durations)
    for (let nth = 0; nth < count; nth++) metric.observe(labels, meanSeconds);
}
