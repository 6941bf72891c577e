import { CLOSING_WORDS } from '../../core/escalation.ts';

/** The words of the pages, until there are some for all of Davylamp. */

export function readable(code: string): string {
  return code.replace(/[_-]+/g, ' ').trim();
}

export function capital(phrase: string): string {
  return phrase.charAt(0).toUpperCase() + phrase.slice(1);
}

const RUN: Readonly<Record<string, string>> = {
  queued: 'waiting for its turn',
  running: 'at work',
  recovering: 'repairing',
  waiting_retry: 'waiting to try again',
  succeeded: 'done',
  escalated: 'needs a person',
};

export function runStatusWord(status: string): string {
  return RUN[status] ?? readable(status);
}

export function componentPhrase(component: string | null): string {
  if (component === null) return 'something';
  if (component === 'environment') return 'the stack';
  return component === 'daemon' || component === 'pool' ? `the ${component}` : component;
}

export function failureSentence(component: string | null, failure: string | null): string {
  if (failure === null) return 'Something failed; the cause is not known yet.';
  return `${capital(componentPhrase(component))}: ${readable(failure)}.`;
}

export function nextStepSentence(_component: string | null, _failure: string | null): string {
  return 'Read the report of the incident.';
}

export function escalationSentence(reason: string): string {
  return CLOSING_WORDS.some((word) => word === reason)
    ? `It was left unrepaired: ${readable(reason)}.`
    : `Automatic repair has ended: ${readable(reason)}.`;
}

const STAGE: Readonly<Record<string, string>> = {
  pending: 'not begun',
  running: 'at work',
  succeeded: 'done',
  skipped: 'not reached',
};

export function stageStatusWord(status: string): string {
  return STAGE[status] ?? readable(status);
}

export function sentence(phrase: string): string {
  const text = capital(phrase);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

export function decisionSentence(decision: string): string {
  return sentence(readable(decision));
}

export function runStatusSentence(status: string): string {
  return `${capital(runStatusWord(status))}.`;
}

export function strategyPhrase(strategy: string): string {
  return readable(strategy);
}

interface ToldAction {
  type: string;
  component?: string;
  step?: string;
  port?: number;
}

export function actionPhrase({ type, component, step, port }: ToldAction): string {
  const about = [component, step, port && `to port ${port}`].filter(Boolean).join(' ');
  return `${readable(type)} ${about}`.trim();
}
