import { formatPrefix, lastAddressOf, NetError, type Prefix, PrefixTable, parsePrefix } from '@revtr/net';
import { TargetPolicy } from '@revtr/probing';
import { bytesOf, ensure, type Target, textOf } from '../target.ts';

const isNetError = (error: unknown): boolean => error instanceof NetError;

/** A list of prefixes, one per line, as opt-outs are given and as a look-up table holds them. */
export const optOutList = (): Target => ({
  form: 'bytes',
  seeds: [bytesOf('192.0.2.0/24\n10.0.0.0/8\n8.8.8.8/32\n0.0.0.0/0'), bytesOf('1.0.0.0/8'), bytesOf('2001:db8::/32')],
  words: ['/0', '/32', '/33', '.0', '255', '\n'],
  isExpected: isNetError,
  run: (input) => {
    const prefixes = textOf(input).split('\n').map(parsePrefix);
    for (const prefix of prefixes)
      ensure(formatPrefix(parsePrefix(formatPrefix(prefix))) === formatPrefix(prefix), 'a prefix changes when written');
    const policy = new TargetPolicy({ optedOut: prefixes });
    const table = tableOf(prefixes);
    for (const prefix of prefixes)
      for (const address of [prefix.address, lastAddressOf(prefix)]) {
        ensure(!policy.mayProbe(address), 'an address of a network that opted out may be probed');
        ensure(table.lookup(address) === 1, 'an address of a network that opted out is not in the table');
      }
  },
});

function tableOf(prefixes: readonly Prefix[]): PrefixTable {
  return new PrefixTable({
    addresses: Uint32Array.from(prefixes, ({ address }) => address),
    lengths: Uint8Array.from(prefixes, ({ length }) => length),
    values: new Int32Array(prefixes.length).fill(1),
  });
}
