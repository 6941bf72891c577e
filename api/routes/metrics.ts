import { assembleMetrics } from '../../core/metrics.ts';
import { readGauges } from '../../db/gauges.ts';
import { failureCounts, recoveryMetrics } from '../../db/metrics.ts';
import type { ApiHandler } from '../context.ts';
import { BUCKETS_SECONDS, prometheusText } from '../prometheus.ts';
import { metricsQuery, readQuery } from '../request.ts';

export function metricsRoutes() {
  const recovery: ApiHandler = async (c) => {
    const { days, environment } = readQuery(c, metricsQuery);
    const filter = { days, ...(environment === undefined ? {} : { environment }) };
    const database = c.get('database');
    const [rows, failures] = await Promise.all([
      recoveryMetrics(database, filter),
      failureCounts(database, filter),
    ]);
    return c.json({ days, environments: assembleMetrics(rows, failures) });
  };

  const prometheus: ApiHandler = async (c) => {
    const { contentType, text } = await prometheusText(await readGauges(c.get('database'), BUCKETS_SECONDS));
    return c.body(text, 200, { 'Content-Type': contentType });
  };

  return { 'GET /v1/recovery/metrics': recovery, 'GET /metrics': prometheus };
}
