import { assembleMetrics } from '../../core/metrics.ts';
import { readGauges } from '../../db/gauges.ts';
import { failureCounts, recoveryMetrics } from '../../db/metrics.ts';
import type { RouteHandler } from '../http/route.ts';
import { BUCKETS_SECONDS, prometheusText } from '../prometheus.ts';

export function metricsRoutes() {
  const recovery: RouteHandler<'GET /v1/recovery/metrics'> = async (c) => {
    const { days, environment } = c.req.valid('query');
    const filter = { days, ...(environment === undefined ? {} : { environment }) };
    const database = c.get('database');
    const [rows, failures] = await Promise.all([
      recoveryMetrics(database, filter),
      failureCounts(database, filter),
    ]);
    return c.json({ days, environments: assembleMetrics(rows, failures) });
  };

  const prometheus: RouteHandler<'GET /metrics'> = async (c) => {
    const { contentType, text } = await prometheusText(await readGauges(c.get('database'), BUCKETS_SECONDS));
    return c.body(text, 200, { 'Content-Type': contentType });
  };

  return { 'GET /v1/recovery/metrics': recovery, 'GET /metrics': prometheus };
}
