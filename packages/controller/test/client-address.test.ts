import { describe, expect, it } from 'vitest';
import { clientOf, limitedClientOf } from '../src/api/http/client-address.ts';

describe('limits per client', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::1', '2001:db8:1:2::/64'],
    ['2001:db8::1:2:3:4:5', '2001:db8:0:1::/64'],
    ['2001:db8::', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['', 'local'],
  ])('of %s count for %s', (ip, expected) => expect(limitedClientOf({ ip })).toBe(expected));

  it('do not change what the audit records', () => expect(clientOf({ ip: '2001:db8::7' })).toBe('2001:db8::7'));
});
