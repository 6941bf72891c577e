import { z } from 'zod';

const instant = z.string();

/** An item of `GET /v1/keys`. */
const keySchema = z.object({
  id: z.string(),
  name: z.string(),
  scopes: z.array(z.string()),
  createdAt: instant,
  expiresAt: instant.nullish(),
  revokedAt: instant.nullish(),
  lastUsedAt: instant.nullish(),
});

export const keyPageSchema = z.object({ items: z.array(keySchema), nextCursor: z.string().nullable() });
/** `POST /v1/keys` */
export const issuedKeySchema = keySchema.extend({ key: z.string() });

export type KeyView = z.infer<typeof keySchema>;
export type IssuedKey = z.infer<typeof issuedKeySchema>;
