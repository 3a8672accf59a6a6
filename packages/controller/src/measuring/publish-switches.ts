import type { AgentHub, Switches } from '@revtr/link';
import { formatIpv4, type Ipv4Address, parseIpv4 } from '@revtr/net';
import type { Clock } from '@revtr/probing';
import type { Logger } from 'pino';
import type { KillSwitches } from '../safety/kill-switches.ts';

/** An agent that has not confirmed new kill switches by then is disconnected; when it connects again, it gets them first. */
const CONFIRM_MS = 2_000;

export interface SwitchPublication {
  readonly switches: Pick<KillSwitches, 'isSet' | 'list' | 'subscribe'>;
  readonly hub: Pick<AgentHub, 'publishSwitches' | 'unapplied' | 'disconnect'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Fires when the controller stops: no agent has to confirm any more. */
  readonly signal: AbortSignal;
}

/** Sends the kill switches to all agents, now and after every change. Agents apply them to queued probes as well. */
export function publishSwitches({ switches, hub, clock, log, signal }: SwitchPublication): void {
  const publish = (): void => {
    const version = hub.publishSwitches(toSwitches(switches), addressesOf(switches, 'vantagePoint'));
    const disconnectLate = (): void => {
      for (const address of hub.unapplied('switches', version)) {
        log.warn({ agent: formatIpv4(address) }, 'an agent did not confirm the kill switches and is disconnected');
        hub.disconnect(address, 'the kill switches were not confirmed in time');
      }
    };
    clock.sleep(CONFIRM_MS, signal).then(disconnectLate, () => undefined);
  };
  publish();
  switches.subscribe(publish);
}

/** What agents know of the kill switches. They cannot tell users, keys and batches apart; the controller cancels their probes. */
function toSwitches(switches: Pick<KillSwitches, 'isSet' | 'list'>): Switches {
  const rows = switches.list();
  return {
    probing: !switches.isSet('probing'),
    spoofing: !switches.isSet('spoofing'),
    blockedTargets: rows.flatMap(({ scope, subject }) => (scope === 'target' ? [subject] : [])),
    blockedSources: [...addressesOf(switches, 'source')],
  };
}

const addressesOf = (switches: Pick<KillSwitches, 'list'>, of: 'vantagePoint' | 'source'): Set<Ipv4Address> =>
  new Set(switches.list().flatMap(({ scope, subject }) => (scope === of ? [parseIpv4(subject)] : [])));
