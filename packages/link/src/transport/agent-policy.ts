import type { Ipv4Address } from '@revtr/net';
import type { Switches } from '../messages/safety.ts';
import type { CompleteOptOuts } from '../opt-out/opt-out-receiver.ts';

/** What the controller publishes about safety. An agent probes nothing until all of it has arrived. */
export interface AgentPolicy {
  /** @throws {LinkError} `badOptOut` when a blocked target is not a prefix */
  setSwitches(switches: Switches): void;
  /** Sources that spoofed probes may claim. */
  setSources(addresses: readonly Ipv4Address[]): void;
  /** A complete opt-out list, or `undefined` as soon as there is none. */
  setOptedOut(list: CompleteOptOuts | undefined): void;
}

/** What happens to the connection with the controller. */
export type LinkState =
  | { readonly type: 'enrolled' }
  | { readonly type: 'renewed' }
  | { readonly type: 'connected'; readonly resumed: boolean }
  | { readonly type: 'problem'; readonly message: string }
  | { readonly type: 'disconnected'; readonly reason: string; readonly retryInMs: number };
