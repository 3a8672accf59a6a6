import { describe, expect, it } from 'vitest';
import { timeSchema } from '../src/api/v2/audit-schemas.ts';

describe('times in queries of the audit', () => {
  it.each([
    ['1970-01-01T00:00Z', 0],
    ['2026-11-20T10:00:30.5+01:00', Date.UTC(2026, 10, 20, 9, 0, 30, 500)],
    ['9999-12-30T23:59Z', Date.UTC(9999, 11, 30, 23, 59)],
  ])('%s is taken', (text, expected) => expect(timeSchema.parse(text)).toBe(expected));

  it.each(['0000-01-01T00:00Z', '1969-12-31T23:59Z', '9999-12-31T23:59-23:00', '2026-13-01T00:00Z', 'now'])(
    '%s is refused',
    (text) => expect(timeSchema.safeParse(text).success).toBe(false),
  );
});
