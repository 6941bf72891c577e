import { DavyError, messageOf } from '../../core/errors.ts';
import type { ProcessFact } from '../../core/observation.ts';
import type { ProcessIdentity } from '../host/process.ts';
import type { AdoptionProof } from './adoption-proof.ts';
import type { StartOptions, StopOptions } from './kind.ts';
import type { Member } from './stack.ts';
import { adopt } from './supervised.ts';

/** What a kind must have so that its components can be taken over from whoever started them. */
interface Adoptable<Spec, Facts extends { process: ProcessFact }> {
  start(member: Member<Spec>, options: StartOptions): Promise<'started' | 'already_running'>;
  stop(member: Member<Spec>, options: StopOptions): Promise<string>;
  observe(member: Member<Spec>): Promise<Facts>;
  adoptionProof?(member: Member<Spec>): Promise<AdoptionProof | null>;
}

/**
 * A kind that takes for the component what an operator, systemd or a script started, where that is proven to be
 * it. Two that are alike prove nothing: none is taken, and none is started beside them.
 */
export function adopting<Spec, Facts extends { process: ProcessFact }, Kind extends Adoptable<Spec, Facts>>(
  kind: Kind & Adoptable<Spec, Facts>,
): Kind {
  return {
    ...kind,
    async start(member: Member<Spec>, options: StartOptions) {
      const alike = await lookFor(kind, member);
      if (alike.length > 1) throw doubt(member, alike);
      return await kind.start(member, options);
    },
    async stop(member: Member<Spec>, options: StopOptions) {
      const alike = await lookFor(kind, member);
      if (alike.length > 1) return `${describe(alike)}: none of them is stopped`;
      return await kind.stop(member, options);
    },
    async observe(member: Member<Spec>) {
      const [alike, facts] = await Promise.all([lookFor(kind, member), kind.observe(member)]);
      if (alike.length === 0 || facts.process.state !== 'down') return facts;
      // Taken over in this very moment: what it shows is seen only now.
      if (alike.length === 1) return await kind.observe(member);
      return { ...facts, process: { ...facts.process, alike: alike.map(({ pid }) => pid) } };
    },
  };
}

async function lookFor<Spec, Facts extends { process: ProcessFact }>(
  kind: Adoptable<Spec, Facts>,
  member: Member<Spec>,
): Promise<ProcessIdentity[]> {
  return await adopt(member as Member, async () => await proofOf(kind, member));
}

/** A component whose configuration cannot be read cannot be proven; what is wrong with it is for others to tell. */
async function proofOf<Spec, Facts extends { process: ProcessFact }>(
  kind: Adoptable<Spec, Facts>,
  member: Member<Spec>,
): Promise<AdoptionProof | null> {
  try {
    return (await kind.adoptionProof?.(member)) ?? null;
  } catch (error) {
    if (error instanceof DavyError) return null;
    throw new Error(`cannot look for ${member.ref.name}: ${messageOf(error)}`, { cause: error });
  }
}

function doubt({ ref }: Member<unknown>, alike: readonly ProcessIdentity[]): DavyError {
  return new DavyError('unsafe', `${ref.name}: ${describe(alike)}`, {
    component: ref.name,
    nextStep: 'End all but one of them; nothing was started or stopped.',
  });
}

function describe(alike: readonly ProcessIdentity[]): string {
  return `processes ${alike.map(({ pid }) => pid).join(' and ')} both look like it`;
}
