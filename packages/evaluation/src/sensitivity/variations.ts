import type { SimParameters } from '@revtr/sim';

/** An uncertain parameter and the values that it is given. */
export interface Variation {
  readonly label: string;
  readonly parameter: keyof SimParameters;
  readonly values: readonly number[];
}

/** The parameters whose published value is uncertain or unknown. Sources: docs/simulator.md. */
export const VARIATIONS: Readonly<Record<string, Variation>> = {
  sharedPrivate: {
    label: 'routers that stamp a shared private address',
    parameter: 'sharedPrivateStamps',
    values: [0, 0.02, 0.06],
  },
  atlasProbes: {
    label: 'networks with a RIPE Atlas probe',
    parameter: 'atlasProbeNetworks',
    values: [0.02, 0.056, 0.3],
  },
  aliases: { label: 'routers whose aliases are known', parameter: 'knownAliases', values: [0.05, 0.24, 0.6] },
  twoStamps: { label: 'routers that stamp two addresses', parameter: 'transitStampsTwice', values: [0, 0.05, 0.1] },
  repeatedStamps: {
    label: 'routers that stamp one address twice when they forward',
    parameter: 'transitRepeatsStamp',
    values: [0, 0.001, 0.01, 0.04],
  },
  borders: {
    label: 'networks without customers whose links to others end at two routers',
    parameter: 'separateBorders',
    values: [0, 1],
  },
  peerings: { label: 'peerings that the data call transit', parameter: 'wrongPeerings', values: [0, 0.05, 0.17] },
  hiddenTunnels: { label: 'networks with tunnels that hide routers', parameter: 'hiddenTunnels', values: [0, 0.12] },
  hostsWithoutStamp: {
    label: 'destinations that never stamp',
    parameter: 'destinationNeverStamps',
    values: [0.05, 0.2],
  },
};
