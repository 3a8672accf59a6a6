import { agentsCut, auditDiskFull, busStops, databaseSlow, databaseStops, enginesStop } from './cluster-faults.ts';
import { coldDiskFull, coldFileMissing } from './cold-faults.ts';
import { internetLost, probesProhibited, stampsFalse } from './internet-faults.ts';
import { agentsQuarantined, datasetFails, datasetOld, mailsRefused, spoofingStopped } from './operation-faults.ts';
import type { Trial } from './trial.ts';

/** Lasts as long as everything else. */
export const LONGEST: Trial = datasetFails;

/** What happens one after the other. Each stage has trials beside each other, and trials that follow each other. */
export const STAGES: readonly (readonly (readonly Trial[])[])[] = [
  [[mailsRefused], [datasetOld], [agentsQuarantined, spoofingStopped]],
  // Hosts are suspended only if they have received answers before: no process has been restarted yet that knows of them.
  [[internetLost, probesProhibited], [databaseSlow]],
  [[coldDiskFull, coldFileMissing], [auditDiskFull]],
  [[enginesStop]],
  [[databaseStops]],
  [[busStops]],
  [[agentsCut]],
  // Audits have been collecting evidence since the start. What engines learn from false stamps misleads them until they end.
  [[stampsFalse]],
];
