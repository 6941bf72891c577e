import type { FailureType } from './failure.ts';
import { failureSentence } from './words/failure.ts';
import { WORKS_AGAIN } from './words/health.ts';
import { oneLine } from './words/text.ts';

export const NOTICE_TYPES = ['incident.escalated', 'incident.recovered'] as const;
export type NoticeType = (typeof NOTICE_TYPES)[number];

/** How it stands with what somebody is told. */
export const DELIVERY_STATES = ['pending', 'delivered', 'dead'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** What a notice says of its incident. The names are part of the API: webhooks get it as `data`. */
export interface NoticeData {
  incidentId: string;
  runId: string;
  environment: string;
  host: string;
  /** `null`: the cause was not found. */
  component: string | null;
  failure: FailureType | null;
  reason: string;
  detail: string;
  occurredAt: string;
  detectedAt: string;
  escalatedAt: string;
  /** Only where the stack is healthy again. */
  recoveredAt?: string;
  /** The path of the report below the API's address. */
  report: string;
}

export interface Notice {
  /** The id of the event: it stays the same however often it is told. */
  id: string;
  type: NoticeType;
  createdAt: Date;
  data: NoticeData;
}

const DETAIL_CHARS_MAX = 1_000;

const LABELS: Readonly<Record<NoticeType, string>> = {
  'incident.escalated': '[ESCALATION]',
  'incident.recovered': '[RECOVERED]',
};

/**
 * A notice as a line for people. The id comes last: a line that was cut off by a crash does not have it.
 * `report`: where the report is to be found.
 */
export function noticeLine({ id, type, createdAt, data }: Notice, report: string): string {
  const { environment, component, failure, reason, detail, incidentId } = data;
  const found = `${component ?? 'unknown component'}: ${failure ?? 'cause not found'}`;
  const what =
    type === 'incident.recovered'
      ? WORKS_AGAIN
      : `${reason}: ${failureSentence(component, failure)} ${oneLine(detail).slice(0, DETAIL_CHARS_MAX)}`;
  return `${createdAt.toISOString()} ${LABELS[type]} ${environment} ${found}: ${what} (incident ${incidentId}, report ${report}, notice ${id})`;
}

/** The body that webhooks get, as Standard Webhooks has it. */
export function noticeBody({ type, createdAt, data }: Notice): string {
  const detail = data.detail.slice(0, DETAIL_CHARS_MAX);
  return JSON.stringify({ type, timestamp: createdAt.toISOString(), data: { ...data, detail } });
}

/** The body of a message that is there to see whether messages arrive. */
export function testBody(webhookId: string, at: Date): string {
  const message = 'A test message of Davylamp: nothing has happened.';
  return JSON.stringify({ type: 'test', timestamp: at.toISOString(), data: { webhookId, message } });
}
