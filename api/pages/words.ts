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
