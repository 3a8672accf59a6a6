import { Leases } from '@revtr/storage';
import { Changes } from '../cluster/changes.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { ClusterParts } from '../cluster/cluster-parts.ts';
import { LeaseKeeper } from '../cluster/leases/lease-keeper.ts';
import { Members } from '../cluster/members.ts';
import type { Context } from './context.ts';
import type { Subsystem } from './subsystem.ts';

export interface ClusterSubsystem extends Subsystem {
  readonly parts: ClusterParts;
  /** Holds leases while everything else runs: it starts last and stops first. */
  readonly ownership: Subsystem;
}

/** Opens what the processes of a controller tell each other, and who owns what. */
export function openCluster({ database, clock, log }: Omit<Context, 'cluster'>, cluster: Cluster): ClusterSubsystem {
  const { bus, roles, isShared } = cluster;
  const onError = (error: unknown): void =>
    log.error({ err: error }, 'the other processes could not be told that this one runs');
  const onStranger = ({ id, protocol }: { readonly id: string; readonly protocol: number }): void =>
    log.error(
      { process: id, protocol },
      'a process on the bus has a version that this one does not understand: upgrade one version after the other',
    );
  const members = new Members({ roles }, { bus, clock, onError, onStranger });
  const changes = new Changes({ bus, log, clock });
  const leases = new LeaseKeeper({ owner: bus.id }, { leases: new Leases(database.db), clock, log });
  members.subscribe(({ id, isThere }) => {
    log.info(
      { process: id },
      isThere ? 'another process of the controller is running' : 'a process of the controller has stopped',
    );
    leases.wake();
  });
  return {
    name: 'cluster',
    parts: { ...cluster, members, changes, leases },
    start: async () => {
      if (!isShared) return;
      await changes.start();
      members.start();
      await bus.flush();
    },
    stop: async () => {
      await members.stop();
      await changes.stop();
      await bus.close();
    },
    ownership: {
      name: 'ownership',
      start: () => undefined,
      onAgentsSettled: () => {
        if (isShared) leases.start();
      },
      stop: async () => {
        if (!isShared) return;
        members.leave();
        await leases.stop();
      },
    },
  };
}
