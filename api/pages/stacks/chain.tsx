import type { ComponentRole } from '../../../core/component.ts';
import type { Figures } from '../../../core/health.ts';
import { Badge } from '../parts/badge.tsx';
import { count, hashRate } from '../parts/figures.ts';
import { Icon } from '../parts/icon.tsx';
import { type Member, sumFigures } from './member.ts';

const LAYERS: readonly { role: ComponentRole; title: string }[] = [
  { role: 'daemon', title: 'Daemon' },
  { role: 'pool', title: 'Pool' },
  { role: 'miner', title: 'Miners' },
];

/** Daemon, pool, miners: each layer gives work to the next. */
export function Chain({ members }: { members: readonly Member[] }) {
  return (
    <ol class="chain">
      {LAYERS.map(({ role, title }) => (
        <Layer
          title={title}
          members={members.filter(({ ref }) => ref.role === role && !ref.peer)}
          peers={members.filter(({ ref }) => ref.role === role && ref.peer)}
        />
      ))}
    </ol>
  );
}

interface LayerProps {
  title: string;
  members: readonly Member[];
  peers: readonly Member[];
}

function Layer({ title, members, peers }: LayerProps) {
  const figures =
    members.length === 1 ? (members[0]?.figures ?? {}) : sumFigures(members.map((it) => it.figures));
  const tone = members.find((it) => it.tone === 'bad')?.tone ?? members[0]?.tone ?? 'idle';
  return (
    <li class={`layer ${tone}`}>
      <Icon name="arrow" />
      <h3>
        {title} <span class="hint">{kindsOf(members)}</span>
      </h3>
      <Members members={members} />
      <FigureList figures={figures} />
      {peers.length > 0 && (
        <p class="hint peers">{peers.map(({ ref, word }) => `${ref.name} ${word}`).join(', ')}</p>
      )}
    </li>
  );
}

function kindsOf(members: readonly Member[]): string {
  return [...new Set(members.map(({ ref }) => ref.kind))].join(', ');
}

/** More miners than this are counted, and told one by one only where something is wrong. */
const NAMED_MAX = 3;

function Members({ members }: { members: readonly Member[] }) {
  const [only, ...others] = members;
  if (only && others.length === 0) return <MemberState {...only} />;
  const shown = members.length <= NAMED_MAX ? members : members.filter(({ tone }) => tone === 'bad');
  const running = members.filter(({ tone }) => tone === 'ok').length;
  return (
    <>
      {members.length > NAMED_MAX && (
        <p>
          <Badge
            tone={running === members.length ? 'ok' : 'warn'}
            icon={running === members.length ? 'ok' : 'warn'}
            word={`${running} of ${members.length} running`}
          />
        </p>
      )}
      {shown.map((member) => (
        <MemberState {...member} name={member.ref.name} />
      ))}
    </>
  );
}

function MemberState({ tone, icon, word, evidence, name }: Member & { name?: string }) {
  return (
    <p class="member">
      {name && <span class="name">{name}</span>}
      <Badge tone={tone} icon={icon} word={word} />
      {evidence.length > 0 && <span class="hint">{evidence.join(' · ')}</span>}
    </p>
  );
}

/** Each figure with its name, as far as it is known. */
function FigureList({ figures }: { figures: Figures }) {
  const { height, peers, stratumPort, hashrate, acceptedShares, rejectedShares } = figures;
  const list: [string, string | undefined][] = [
    ['height', height === undefined ? undefined : count(height)],
    ['peers', peers === undefined ? undefined : count(peers)],
    ['Stratum port', stratumPort?.toString()],
    ['hash rate', hashrate === undefined ? undefined : hashRate(hashrate)],
    ['accepted', acceptedShares === undefined ? undefined : count(acceptedShares)],
    ['rejected', rejectedShares === undefined ? undefined : count(rejectedShares)],
  ];
  const known = list.filter(([, value]) => value !== undefined);
  if (known.length === 0) return null;
  return (
    <dl class="figures">
      {known.map(([name, value]) => (
        <div>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
