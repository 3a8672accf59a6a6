import { LinkError, OptOutSet } from '@revtr/link';
import { formatPrefix, lastAddressOf, NetError, PrefixSet, parsePrefix } from '@revtr/net';
import { TargetPolicy } from '@revtr/probing';
import { bytesOf, ensure, type Target, textOf } from '../target.ts';

const isExpected = (error: unknown): boolean => error instanceof NetError || error instanceof LinkError;

/** A list of prefixes, one per line, as opt-outs are given, as the link carries it, and as a policy holds it. */
export const optOutList = (): Target => ({
  form: 'bytes',
  seeds: [bytesOf('192.0.2.0/24\n10.0.0.0/8\n8.8.8.8/32\n0.0.0.0/0'), bytesOf('1.0.0.0/8'), bytesOf('2001:db8::/32')],
  words: ['/0', '/32', '/33', '.0', '255', '\n', '::', '/128'],
  isExpected,
  run: (input) => {
    const lines = textOf(input).split('\n');
    const set = OptOutSet.parse(lines);
    ensure(set.size <= lines.length, 'a list has more entries than lines');
    const prefixes = lines.map(parsePrefix);
    for (const prefix of prefixes)
      ensure(formatPrefix(parsePrefix(formatPrefix(prefix))) === formatPrefix(prefix), 'a prefix changes when written');
    const policy = new TargetPolicy();
    policy.setOptedOut(PrefixSet.from(prefixes));
    for (const prefix of prefixes)
      for (const address of [prefix.address, lastAddressOf(prefix)])
        ensure(!policy.mayProbe(address), 'an address of a network that opted out may be probed');
  },
});
