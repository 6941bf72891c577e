import type { Child } from 'hono/jsx';
import type { Tone } from './badge.tsx';
import { Icon, type IconName } from './icon.tsx';

/** How the thing of a page stands, first of all on it; the title is told to who does not see it when it changes. */
export interface Look {
  tone: Tone;
  icon: IconName;
  title: string;
}

export function VerdictBanner({ tone, icon, title, children }: Look & { children: Child }) {
  return (
    <section class={`banner ${tone}`} aria-labelledby="verdict">
      <h2 id="verdict">
        <Icon name={icon} />
        {title}
      </h2>
      <p class="unseen" role="status">
        {title}
      </p>
      <div class="verdict">{children}</div>
    </section>
  );
}
