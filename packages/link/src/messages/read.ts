import type { z } from 'zod';
import { LinkError } from '../errors.ts';

/** Reads JSON and checks it. @throws {LinkError} `badMessage` */
export function readMessage<T>(text: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new LinkError('badMessage', 'the message is not JSON', {});
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw new LinkError('badMessage', `${path.join('.').slice(0, 100) || 'message'}: ${message.slice(0, 200)}`, {});
}

/** Checks that a message of this type is no longer than its limit. @throws {LinkError} `badMessage` */
export function checkLength(type: string, text: string, most: number): void {
  const length = Buffer.byteLength(text);
  if (length > most) throw new LinkError('badMessage', `a ${type} of ${length} bytes exceeds ${most} bytes`, {});
}
