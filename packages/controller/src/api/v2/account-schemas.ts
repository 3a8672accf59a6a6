import { type ApiKey, SCOPES, type User } from '@revtr/storage';
import { z } from 'zod';

export const scopeSchema = z.enum(SCOPES).describe('`operate` has an effect for operators only');

export const limitsSchema = z.object({
  perDay: z.int().min(0).max(1_000_000_000).describe('Measurements per UTC day'),
  parallel: z.int().min(0).max(1_000_000_000).describe('Measurements that have not ended'),
  perMinute: z.int().min(0).max(1_000_000_000).describe('Measurements in any 60 seconds'),
});

export const userSchema = z.object({
  id: z.int(),
  name: z.string(),
  email: z.string(),
  role: z.enum(['user', 'operator']),
  limits: limitsSchema,
  weight: z.number().describe('Share of the queue, in proportion to the weights of the other users who wait'),
  disabled: z.boolean(),
  createdAt: z.iso.datetime(),
});
z.globalRegistry.add(userSchema, { id: 'User' });

export const keySchema = z.object({
  id: z.int(),
  name: z.string(),
  fingerprint: z.string().describe('First eight digits of the SHA-256 of the key'),
  scopes: z.array(scopeSchema),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().optional(),
  lastUsedAt: z.iso.datetime().optional().describe('Exact to one minute'),
  isCurrent: z.boolean().describe('Whether this request was sent with the key'),
});
z.globalRegistry.add(keySchema, { id: 'ApiKey' });

/** A new key: the only answer that contains it. */
export const newKeySchema = z.object({ id: z.int(), key: z.string().describe('Shown this once') });
z.globalRegistry.add(newKeySchema, { id: 'NewApiKey' });

/** Writes a user. */
export function toUser(user: User): z.infer<typeof userSchema> {
  const { id, name, email, role, max_per_day, max_parallel, max_per_minute, weight, disabled_at, created_at } = user;
  const limits = { perDay: max_per_day, parallel: max_parallel, perMinute: max_per_minute };
  return { id, name, email, role, limits, weight, disabled: disabled_at !== null, createdAt: created_at.toISOString() };
}

/** Writes a key. */
export function toKey(key: ApiKey, currentId: number | null): z.infer<typeof keySchema> {
  const { id, name, fingerprint, scopes, created_at, expires_at, last_used_at } = key;
  return {
    id,
    name,
    fingerprint,
    scopes: [...scopes],
    createdAt: created_at.toISOString(),
    ...(expires_at && { expiresAt: expires_at.toISOString() }),
    ...(last_used_at && { lastUsedAt: last_used_at.toISOString() }),
    isCurrent: id === currentId,
  };
}
