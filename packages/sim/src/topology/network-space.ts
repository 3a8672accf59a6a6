import type { Prefix } from '@revtr/net';
import type { SimParameters } from '../parameters/sim-parameters.ts';
import { type AddressPlan, AddressPool } from './address-plan.ts';
import type { NetworkPlan } from './plan-networks.ts';

/** The block of one network: infrastructure first, host prefixes behind it. */
export class NetworkSpace {
  readonly block: Prefix;
  readonly infrastructure: AddressPool;
  readonly hostPrefixes: readonly Prefix[];

  constructor(plan: NetworkPlan, addresses: AddressPlan, { meetingPlaces }: SimParameters) {
    const perNeighbour = meetingPlaces === 0 ? 16 : 32;
    const infrastructure24s = Math.ceil((plan.routers.length * 24 + plan.neighbours * perNeighbour + 64) / 256);
    const total = infrastructure24s + plan.hostPrefixes;
    this.block = addresses.block(24 - Math.ceil(Math.log2(total)));
    this.infrastructure = new AddressPool(this.block);
    this.hostPrefixes = Array.from({ length: plan.hostPrefixes }, (_, i) => ({
      address: this.block.address + 256 * (infrastructure24s + i),
      length: 24,
    }));
  }
}
