import { PrefixSet, parseIpv4, parsePrefix } from '@revtr/net';
import { TargetPolicy } from '@revtr/probing';
import { describe, expect, it } from 'vitest';
import { TargetGuard } from '../../src/safety/target-guard.ts';
import { ManualClock } from '../manual-clock.ts';
import { guarded, ping } from './support.ts';

describe('probes to a network that has opted out', () => {
  it('are refused before they are counted and audited', async () => {
    const targetPolicy = new TargetPolicy();
    const asked: number[] = [];
    const { sent, prober } = guarded(new ManualClock(), new TargetGuard({ targetPolicy }), {
      before: ({ target }) => void asked.push(target),
    });
    await prober.ping(ping('20.0.0.9'));
    targetPolicy.setOptedOut(PrefixSet.from([parsePrefix('20.0.0.0/24')]));
    await expect(prober.ping(ping('20.0.0.9'))).rejects.toMatchObject({ code: 'invalidRequest' });
    expect([asked, sent.map(({ target }) => target)]).toEqual([[parseIpv4('20.0.0.9')], [parseIpv4('20.0.0.9')]]);
  });
});
