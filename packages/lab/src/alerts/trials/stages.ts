import { agentsCut, databaseSlow, databaseStops, enginesDie, internetLost } from './cluster-faults.ts';
import { coldDiskFull, coldFileMissing } from './cold-faults.ts';
import { agentsQuarantined, datasetFails, datasetOld, mailsRefused, spoofingStopped } from './operation-faults.ts';
import type { Trial } from './trial.ts';

/** Lasts as long as everything else. */
export const LONGEST: Trial = datasetFails;

/** What happens one after the other. Each stage has trials beside each other, and trials that follow each other. */
export const STAGES: readonly (readonly (readonly Trial[])[])[] = [
  [[mailsRefused], [datasetOld], [spoofingStopped], [agentsQuarantined]],
  [[coldDiskFull, coldFileMissing]],
  [[enginesDie]],
  [[databaseStops]],
  [[agentsCut]],
  [[internetLost], [databaseSlow]],
];

/** Alerts that no fault of this system triggers, and why. */
export const NOT_TRIGGERED: Readonly<Record<string, string>> = {
  RevtrCircuitsOpen: 'A small simulated Internet does not have 50 networks that refuse probes at once.',
  RevtrHopKindSuspended: 'Self-audits suspend a kind of hop after hundreds of wrong hops, which take days.',
};
