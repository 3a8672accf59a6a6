import { Gauge } from 'prom-client';
import type { LeaseKeeper } from '../cluster/leases/lease-keeper.ts';
import { sourceOfLease } from '../cluster/leases/source-claim.ts';
import type { Members } from '../cluster/members.ts';
import { ROLES } from '../cluster/roles.ts';
import type { Metrics } from '../foundation/metrics.ts';

/** Shows how many processes have each role, and what this process of a cluster owns. */
export function observeCluster(
  { registry }: Pick<Metrics, 'registry'>,
  { members, leases }: { readonly members: Pick<Members, 'with'>; readonly leases: Pick<LeaseKeeper, 'held'> },
): void {
  const registers = [registry];
  new Gauge({
    name: 'revtr_processes',
    help: 'Running processes of the controller, by role, as this process knows them.',
    labelNames: ['role'],
    registers,
    collect() {
      for (const role of ROLES) this.set({ role }, members.with(role).length);
    },
  });
  new Gauge({
    name: 'revtr_leases_held',
    help: 'Leases that this process holds: of sources that it owns, and of duties.',
    labelNames: ['kind'],
    registers,
    collect() {
      const sources = leases.held.filter((name) => sourceOfLease(name) !== undefined).length;
      this.set({ kind: 'source' }, sources);
      this.set({ kind: 'duty' }, leases.held.length - sources);
    },
  });
}
