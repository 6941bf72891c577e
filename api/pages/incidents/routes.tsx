import { z } from 'zod';
import { INCIDENT_STATUSES } from '../../../core/run.ts';
import { listEnvironments } from '../../../db/environments.ts';
import { listIncidents } from '../../../db/incidents.ts';
import type { ApiHandler } from '../../context.ts';
import { pageOf } from '../../http/page-of.ts';
import { defined } from '../../http/request.ts';
import { answerPage } from '../page.tsx';
import { Paging } from '../parts/paging.tsx';
import { pageQuery } from '../query.ts';
import { Filters } from './filters.tsx';
import { IncidentTable } from './table.tsx';

const PAGE = 30;

const query = z.object({
  status: z.enum(INCIDENT_STATUSES).optional(),
  stack: z.string().max(256).optional(),
  before: z.uuid().optional(),
});
export type IncidentsQuery = z.infer<typeof query>;

/** What broke, the newest first, page by page. */
export function incidentsPageRoutes() {
  const list: ApiHandler = async (c) => {
    const wanted = pageQuery(c, query);
    const { status, stack, before } = wanted;
    const filter = { status: status && [status], environment: stack, before };
    const database = c.get('database');
    const [found, environments] = await Promise.all([
      listIncidents(database, defined(filter), PAGE + 1),
      listEnvironments(database),
    ]);
    const { items, next } = pageOf(found, PAGE, ({ incident }) => incident.id);
    return answerPage(c, {
      title: 'Incidents',
      section: 'incidents',
      ...(before === undefined ? { follows: 'all' } : {}),
      children: (
        <>
          <h1>Incidents</h1>
          <Filters wanted={wanted} stacks={[...new Set(environments.map(({ name }) => name))]} />
          <IncidentTable incidents={items} environments={environments} />
          <Paging path="/incidents" filters={{ status, stack }} before={before} next={next} />
        </>
      ),
    });
  };
  return { 'GET /incidents': list };
}
