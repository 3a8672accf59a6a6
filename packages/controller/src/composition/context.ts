import type { Clock, Random, TargetPolicy } from '@revtr/probing';
import type { Database } from '@revtr/storage';
import type { Tracing } from '@revtr/tracing';
import type { Logger } from 'pino';
import type { ClusterParts } from '../cluster/cluster-parts.ts';
import type { AddressFacts } from '../facts/address-facts.ts';
import type { Datasets } from '../facts/datasets.ts';
import type { Metrics } from '../foundation/metrics.ts';
import type { ColdParts } from './open-cold.ts';

/** What every subsystem is opened with. */
export interface Context {
  readonly database: Database;
  readonly facts: AddressFacts;
  readonly datasets: Datasets;
  readonly targetPolicy: TargetPolicy;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly cluster: ClusterParts;
  readonly cold: ColdParts;
  readonly tracing: Tracing;
}

/** The context of one subsystem: its log lines carry its name. */
export const contextOf = (context: Context, subsystem: string): Context => ({
  ...context,
  log: context.log.child({ subsystem }),
});
