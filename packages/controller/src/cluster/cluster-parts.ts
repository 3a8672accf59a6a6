import type { Changes } from './changes.ts';
import type { Cluster } from './cluster.ts';
import type { LeaseKeeper } from './leases/lease-keeper.ts';
import type { Members } from './members.ts';

/** What subsystems use to work with other processes. */
export interface ClusterParts extends Cluster {
  readonly members: Members;
  readonly changes: Changes;
  readonly leases: LeaseKeeper;
}
