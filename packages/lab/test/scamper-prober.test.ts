import { systemClock } from '@revtr/probing';
import { type ProberEnvironment, proberConformance } from '@revtr/probing/conformance';
import { ScamperProber } from '@revtr/scamper';
import { describe } from 'vitest';
import { canRunKernelLab, conformanceFacts, startConformanceLab } from './kernel.ts';

async function start(): Promise<ProberEnvironment> {
  const { lab, scampers, down } = await startConformanceLab();
  return {
    ...conformanceFacts(lab),
    prober: new ScamperProber({ drivers: scampers.drivers }, { clock: systemClock }),
    drive: (work) => work,
    stop: down,
  };
}

describe.skipIf(!canRunKernelLab())('with scamper', () => proberConformance('real scamper among Linux routers', start));
