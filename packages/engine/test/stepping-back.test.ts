import { describe, expect, it } from 'vitest';
import { type Extension, type Hop, type Measurement, SteppingBack } from '../src/index.ts';
import { DESTINATION, ip, measurementWith, ScriptedProber } from './support/measurement.ts';

const failing = (code: 'tracerouteFailed' | 'interdomainSymmetry', hop: number): Extension => ({
  outcome: 'nothingFound',
  detail: code,
  failReason:
    code === 'tracerouteFailed'
      ? { code, hop, message: code, details: { stop: 'gapLimit' } }
      : { code, hop, message: code, details: { before: hop } },
});

const measuredHop = (address: number): Hop => ({
  address,
  technique: 'recordRoute',
  trust: 'measured',
  confidence: 1,
  evidence: { type: 'recordRoute', target: DESTINATION, sender: ip(1), slot: 2, turn: 'stamp', at: 0 },
});

/** A path of three measured hops, and a technique that answers by the last hop that it is shown. */
async function extendWith(answer: (last: number) => Extension) {
  const measurement = measurementWith(new ScriptedProber(() => undefined));
  measurement.path.extend(0, [measuredHop(ip(11)), measuredHop(ip(12))]);
  const asked: number[] = [];
  const technique = {
    name: 'scripted',
    extend: async ({ path }: Measurement): Promise<Extension> => {
      asked.push(path.last.address);
      return answer(path.last.address);
    },
  };
  return { extension: await new SteppingBack(technique).extend(measurement), asked };
}

describe('stepping back', () => {
  const found: Extension = { outcome: 'extended', from: 7, hops: [measuredHop(ip(30))], detail: 'found' };

  it('asks at earlier hops, latest first, and drops the hops behind the one that leads on', async () => {
    const { extension, asked } = await extendWith((last) =>
      last === DESTINATION ? found : failing('tracerouteFailed', last),
    );
    expect(asked).toEqual([ip(12), ip(11), DESTINATION]);
    expect(extension).toEqual({ ...found, from: 0 });
  });

  it('reports the failure of the last hop when no hop leads on', async () => {
    const { extension } = await extendWith((last) => failing('tracerouteFailed', last));
    expect(extension).toMatchObject({ failReason: { hop: ip(12) } });
  });

  it('ends where an assumption is forbidden', async () => {
    const { asked } = await extendWith((last) => failing('interdomainSymmetry', last));
    expect(asked).toEqual([ip(12)]);
  });
});
