import { createHmac } from 'node:crypto';

/** The headers by which a receiver knows that a message is ours, as Standard Webhooks has them. */
export function signedHeaders(
  { id, body, secret }: { id: string; body: string; secret: string },
  at: Date,
): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}
