import { z } from 'zod';

/** A number in a path or a query. */
export const numberInUrl = z
  .string()
  .regex(/^\d{1,15}$/, 'must be a number')
  .transform(Number);

/** For the document: the route needs an API key. */
export const security = [{ revtrKey: [] }];
