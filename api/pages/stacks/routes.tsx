import { concernsOf } from '../../../core/attention.ts';
import { readStacks, type StackOverview } from '../../../db/overview.ts';
import { listRuns } from '../../../db/runs.ts';
import type { ApiHandler } from '../../context.ts';
import { callerOf } from '../../guards/auth.ts';
import { answerPage } from '../page.tsx';
import { RunTable } from '../parts/run-table.tsx';
import { Banner } from './banner.tsx';
import { StackCard } from './stack-card.tsx';

const RECENT_RUNS = 8;

/** All stacks at once: what needs a person first, then each stack, then what ran last. */
export function stacksRoutes() {
  const show: ApiHandler = async (c) => {
    const database = c.get('database');
    const [stacks, runs] = await Promise.all([readStacks(database), listRuns(database, {}, RECENT_RUNS)]);
    const now = Date.now();
    const views = troubledFirst(stacks.map((stack) => ({ stack, concerns: concernsOf(stack, now) })));
    return answerPage(c, {
      title: titleOf(views),
      section: 'stacks',
      follows: 'all',
      children: (
        <>
          <h1 class="unseen">Stacks</h1>
          <Banner views={views} />
          <section class="stacks" aria-label="Stacks">
            {views.map((view) => (
              <StackCard
                {...view}
                caller={callerOf(c)}
                folded={views.length > OPEN_CARDS_MAX && view.concerns.length === 0}
              />
            ))}
          </section>
          <section aria-labelledby="recent">
            <div class="heading">
              <h2 id="recent">Recent runs</h2>
              <a href="/runs">All runs</a>
            </div>
            <RunTable runs={runs} />
          </section>
        </>
      ),
    });
  };
  return { 'GET /': show };
}

export interface StackView {
  stack: StackOverview;
  concerns: ReturnType<typeof concernsOf>;
}

/** Where there are more, those that are well are one line each. */
const OPEN_CARDS_MAX = 6;

/** Those with something the matter first; else by name. */
function troubledFirst(views: StackView[]): StackView[] {
  return views.sort((one, other) => Number(other.concerns.length > 0) - Number(one.concerns.length > 0));
}

/** Seen in a row of tabs at night. */
function titleOf(views: readonly StackView[]): string {
  const troubled = views.filter(({ concerns }) => concerns.length > 0).length;
  return troubled === 0 ? 'Stacks' : `(${troubled}) Stacks`;
}
