import { z } from 'zod';
import { RUN_STATUSES } from '../../../core/run.ts';
import { listEnvironments } from '../../../db/environments.ts';
import { listRuns } from '../../../db/runs.ts';
import type { ApiHandler, ApiParts } from '../../context.ts';
import { callerOf } from '../../guards/auth.ts';
import { pageOf } from '../../http/page-of.ts';
import { defined } from '../../http/request.ts';
import { answerPage } from '../page.tsx';
import { Paging } from '../parts/paging.tsx';
import { RunTable } from '../parts/run-table.tsx';
import { StartLink } from '../parts/start-link.tsx';
import { pageQuery } from '../query.ts';
import { Filters } from './filters.tsx';

const PAGE = 50;

const query = z.object({
  status: z.enum(RUN_STATUSES).optional(),
  pipeline: z.string().max(256).optional(),
  stack: z.string().max(256).optional(),
  before: z.uuid().optional(),
});
export type RunsQuery = z.infer<typeof query>;

/** All runs, the newest first, page by page. */
export function runsPageRoutes({ pipelines }: ApiParts) {
  const list: ApiHandler = async (c) => {
    const wanted = pageQuery(c, query);
    const { status, pipeline, stack, before } = wanted;
    const filter = {
      status: status && [status],
      pipelineNames: pipeline ? [pipeline] : undefined,
      environment: stack,
      before,
    };
    const database = c.get('database');
    const [found, environments, catalogue] = await Promise.all([
      listRuns(database, defined(filter), PAGE + 1),
      listEnvironments(database),
      pipelines.catalogue(),
    ]);
    const { items, next } = pageOf(found, PAGE, ({ run }) => run.id);
    return answerPage(c, {
      title: 'Runs',
      section: 'runs',
      ...(before === undefined ? { follows: 'all' } : {}),
      children: (
        <>
          <div class="heading">
            <h1>Runs</h1>
            <StartLink caller={callerOf(c)} />
          </div>
          <Filters
            wanted={wanted}
            stacks={[...new Set(environments.map(({ name }) => name))]}
            pipelines={[...catalogue.pipelines.keys()].sort()}
          />
          <RunTable runs={items} />
          <Paging path="/runs" filters={{ status, pipeline, stack }} before={before} next={next} />
        </>
      ),
    });
  };
  return { 'GET /runs': list };
}
