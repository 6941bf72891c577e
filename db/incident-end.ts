import { sql } from 'drizzle-orm';
import { CLOSING_WORDS } from '../core/escalation.ts';

/** How the incident `i` stands: `closed` where it was neither healed nor escalated. */
export const incidentEnd = sql.raw(
  `(case when i.escalation->>'reason' in (${CLOSING_WORDS.map((word) => `'${word}'`).join(', ')})
         then 'closed' else i.status::text end)`,
);
