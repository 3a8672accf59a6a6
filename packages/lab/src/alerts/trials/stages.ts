import {
  agentsCut,
  auditDiskFull,
  busStops,
  databaseSlow,
  databaseStops,
  enginesStop,
  internetLost,
} from './cluster-faults.ts';
import { coldDiskFull, coldFileMissing } from './cold-faults.ts';
import { agentsQuarantined, datasetFails, datasetOld, mailsRefused, spoofingStopped } from './operation-faults.ts';
import type { Trial } from './trial.ts';

/** Lasts as long as everything else. */
export const LONGEST: Trial = datasetFails;

/** What happens one after the other. Each stage has trials beside each other, and trials that follow each other. */
export const STAGES: readonly (readonly (readonly Trial[])[])[] = [
  [[mailsRefused], [datasetOld], [agentsQuarantined, spoofingStopped]],
  // Hosts are suspended only if they have received answers before: no process has been restarted yet that knows of them.
  [[internetLost], [databaseSlow]],
  [[coldDiskFull, coldFileMissing], [auditDiskFull]],
  [[enginesStop]],
  [[databaseStops]],
  [[busStops]],
  [[agentsCut]],
];

/** Alerts that no fault of this system triggers, and why. */
export const NOT_TRIGGERED: Readonly<Record<string, string>> = {
  RevtrCircuitsOpen: 'no fault of this system makes more than 50 networks refuse probes',
  RevtrHopKindSuspended:
    'self-audits suspend a kind of hop whose hops are often wrong, and no fault of this system makes hops wrong',
};
