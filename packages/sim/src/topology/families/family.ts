import type { Random } from '@revtr/probing';
import type { SimParameters } from '../../parameters/sim-parameters.ts';
import { type AsGraph, generateAsGraph } from '../as-graph.ts';
import { type InnerNetwork, planInnerLinks } from '../inner-links.ts';
import type { LinkPlan } from '../link-list.ts';
import { type NetworkPlan, planNetworks } from '../plan-networks.ts';
import { planEvenNetworks } from './even-networks.ts';
import { generateFlatGraph } from './flat-graph.ts';
import { planRings } from './ring-links.ts';

/** How the Internets of one family are laid out. The behaviour of routers and hosts is not part of it. */
export interface Family {
  /** Networks and their relations. */
  readonly graph: (parameters: SimParameters, random: Random) => AsGraph;
  /** Routers and host prefixes of each network. */
  readonly networks: (graph: AsGraph, parameters: SimParameters, random: Random) => NetworkPlan[];
  /** Links inside one network. */
  readonly innerLinks: (network: InnerNetwork, parameters: SimParameters, random: Random) => LinkPlan[];
}

/**
 * The families of simulated Internets. `grown`: providers by preferential attachment, few peers, two core routers in each city, costs by
 * distance. `flat`: providers chosen evenly, many peers that meet on exchanges, rings of routers, arbitrary costs. Nothing in this project
 * is tuned on `flat`.
 */
export const FAMILIES = {
  grown: { graph: generateAsGraph, networks: planNetworks, innerLinks: planInnerLinks },
  flat: { graph: generateFlatGraph, networks: planEvenNetworks, innerLinks: planRings },
} as const satisfies Record<string, Family>;
/** Name of a family. */
export type FamilyName = keyof typeof FAMILIES;
