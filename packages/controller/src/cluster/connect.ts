import { type NatsSettings, NatsTransport } from '@revtr/bus';
import type { Clock } from '@revtr/probing';
import type { Logger } from 'pino';
import { busOver, type Cluster } from './cluster.ts';

/**
 * Connects this process to the others. `undefined` when it is alone, because no `bus` is set.
 * @throws {BusError} `unreachable`
 */
export async function connectCluster(
  { roles, bus }: Pick<Cluster, 'roles'> & { readonly bus: Omit<NatsSettings, 'name'> | undefined },
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): Promise<Cluster | undefined> {
  if (bus === undefined) return undefined;
  const name = `revtr ${[...roles].join(',')} ${process.pid}`;
  const transport = await NatsTransport.connect({ ...bus, name });
  transport.onConnection((isConnected) => {
    if (isConnected) log.info('the bus is back');
    else log.error('the bus cannot be reached');
  });
  return { roles, isShared: true, bus: busOver(transport, { clock, log }) };
}
