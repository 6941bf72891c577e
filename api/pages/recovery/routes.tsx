import { z } from 'zod';
import { PERIODS } from '../../../core/metrics-series.ts';
import { listEnvironments } from '../../../db/environments.ts';
import { metricsSeries } from '../../../db/metrics-series.ts';
import type { ApiHandler } from '../../context.ts';
import { unknown } from '../../http/unknown.ts';
import { answerPage } from '../page.tsx';
import { pageQuery } from '../query.ts';
import { Filters } from './filters.tsx';
import { RecoveryView } from './view.tsx';

const DAYS = PERIODS.map(({ days }) => `${days}`);
const MONTH = '30';

const query = z.object({
  /** `<host>/<name>`; missing: the first. */
  stack: z.string().max(1024).optional(),
  days: z.enum(DAYS).default(MONTH),
});

/** How well one stack is watched and repaired, over time. */
export function recoveryPageRoutes() {
  const show: ApiHandler = async (c) => {
    const { stack, days } = pageQuery(c, query);
    const database = c.get('database');
    const environments = await listEnvironments(database);
    const chosen =
      stack === undefined
        ? environments[0]
        : environments.find(({ host, name }) => `${host}/${name}` === stack);
    if (!chosen && stack !== undefined) throw unknown('unknown-environment');
    const period = PERIODS.find((one) => `${one.days}` === days) ?? PERIODS[2];
    const series = chosen && (await metricsSeries(database, chosen.id, period));
    return answerPage(c, {
      title: chosen ? `Recovery of ${chosen.name}` : 'Recovery',
      section: 'recovery',
      children: (
        <>
          <h1>Recovery</h1>
          <Filters
            stacks={environments.map(({ host, name }) => `${host}/${name}`)}
            stack={chosen && `${chosen.host}/${chosen.name}`}
            days={days}
          />
          {series ? (
            <RecoveryView series={series} period={period} nowMs={Date.now()} />
          ) : (
            <p class="hint">No stack has registered yet.</p>
          )}
        </>
      ),
    });
  };
  return { 'GET /recovery': show };
}
