import { formatIpv4, type Ipv4Address } from '@revtr/net';
import { systemClock } from '@revtr/probing';
import { untilReady } from '../../cluster/servers.ts';
import type { SimulatedWorld } from '../../world/simulated-world.ts';
import type { AlertSystem } from '../system/alert-system.ts';
import { WAITING } from './cluster-faults.ts';
import type { Trial } from './trial.ts';

/** More networks than the alert allows to be suspended. */
const NETWORKS = 60;
/** Each engine judges by its own probes, and one of the two probes at least half of these addresses: 20 packets are enough. */
const ADDRESSES = 10;
const PACKETS = 4;
/** An audit takes a quarter of a minute, or longer on a busy machine. Some dozens show that a kind of hop is mostly wrong. */
const MOST_AUDITED_SECONDS = 900;

/** Agents are connected, but receive nothing from the Internet. */
export const internetLost: Trial = {
  fault: 'The agents keep their connections to the gateways, but all their probes are lost.',
  alerts: ['RevtrHostsSuspended', 'RevtrTimeoutsRise'],
  others: [...WAITING, 'RevtrAgentsQuarantined'],
  begin: async ({ suffer }) => {
    suffer('silence');
    return async () => suffer(undefined);
  },
};

/** A firewall in front of the agents forbids probing. Networks are probed again when probing of them is due. */
export const probesProhibited: Trial = {
  fault: `The first router of each agent answers all probes with "administratively prohibited", while a user pings ${NETWORKS} networks.`,
  alerts: ['RevtrCircuitsOpen'],
  others: [...WAITING, 'RevtrTimeoutsRise', 'RevtrHostsSuspended', 'RevtrAgentsQuarantined'],
  begin: async (system) => {
    const { suffer, operator, chaos } = system;
    const addresses = addressesOf(chaos.world);
    suffer('prohibited');
    await ping([...addresses.values()].flat(), system);
    return async () => {
      suffer(undefined);
      await untilReady('networks whose probing is suspended', async () => {
        const circuits = (await operator.fleet.circuits()).filter(({ subject }) => addresses.has(subject));
        const due = circuits.filter(({ retryAt }) => retryAt === undefined || Date.parse(retryAt) <= systemClock.now());
        await ping(
          due.flatMap(({ subject }) => addresses.get(subject) ?? []),
          system,
        );
        return circuits.length === 0;
      });
    };
  },
};

/** A middlebox in front of the agents rewrites what routers have recorded. */
export const stampsFalse: Trial = {
  fault:
    'Echo replies with Record Route name routers that are anywhere; after the repair an operator lifts the suspension.',
  alerts: ['RevtrHopKindSuspended'],
  mostSeconds: MOST_AUDITED_SECONDS,
  // Measurements follow wrong hops for long, and few of them reach their source.
  others: [...WAITING, 'RevtrTimeoutsRise'],
  begin: async ({ suffer, operator, chaos: { postgres } }) => {
    suffer('falseStamps');
    return async () => {
      suffer(undefined);
      await untilReady('suspended kinds of hops', async () => {
        const kinds = await postgres.primary.query('select kind from hop_kinds where suspended_at is not null');
        for (const kind of kinds) await operator.fleet.liftSuspension(kind);
        return kinds.length === 0;
      });
    };
  },
};

/** Addresses to ping of some networks, by their name in the list of circuits. */
function addressesOf({ internet: { places }, ipToAs }: SimulatedWorld): ReadonlyMap<string, readonly Ipv4Address[]> {
  const all = new Map<string, Ipv4Address[]>();
  for (const address of places.hitlist) {
    const network = ipToAs.originOf(address);
    if (network === undefined) continue;
    const subject = `AS${network}`;
    all.set(subject, [...(all.get(subject) ?? []), address]);
  }
  const large = [...all].filter(([, addresses]) => addresses.length >= ADDRESSES).slice(0, NETWORKS);
  return new Map(large.map(([subject, addresses]) => [subject, addresses.slice(0, ADDRESSES)]));
}

/** Pings addresses from a source, and waits for the end. */
async function ping(addresses: readonly Ipv4Address[], { user, chaos: { world } }: AlertSystem): Promise<void> {
  if (addresses.length === 0) return;
  const [{ address: source }] = world.sources;
  const from = formatIpv4(source);
  const probes = addresses.map((address) => ({ from, to: formatIpv4(address), count: PACKETS }));
  await user.probes.wait((await user.probes.send({ type: 'ping', probes })).id);
}
