import type { Hop } from '@revtr/client';

/** Labels of techniques in the table of hops. */
export const TECHNIQUES: Readonly<Record<Hop['technique'], string>> = {
  destination: 'destination',
  atlas: 'atlas',
  atlasBetween: 'atlas (between)',
  recordRoute: 'record route',
  spoofedRecordRoute: 'spoofed rr',
  timestamp: 'timestamp',
  spoofedTimestamp: 'spoofed timestamp',
  timestampDoubleStamp: 'timestamp (twice)',
  standInSubnet: 'stand-in (same /24)',
  standInPrefix: 'stand-in (same prefix)',
  standInNetwork: 'stand-in (same AS)',
  networkPath: 'path through the same AS',
  assumedIntradomain: 'assumed (same AS)',
  assumedInterdomain: 'assumed (across ASes)',
};

/** The label of a technique; a technique of a newer server has its name. */
export const labelOfTechnique = (technique: string): string =>
  Object.entries(TECHNIQUES).find(([name]) => name === technique)?.[1] ?? technique;

/** Labels of at most 12 characters, for narrow screens. The column TRUST says that a hop is assumed. */
export const SHORT_TECHNIQUES: Readonly<Record<Hop['technique'], string>> = {
  destination: 'destination',
  atlas: 'atlas',
  atlasBetween: 'atlas gap',
  recordRoute: 'record route',
  spoofedRecordRoute: 'spoofed rr',
  timestamp: 'timestamp',
  spoofedTimestamp: 'spoofed ts',
  timestampDoubleStamp: 'ts twice',
  standInSubnet: 'in same /24',
  standInPrefix: 'in prefix',
  standInNetwork: 'in same AS',
  networkPath: 'AS path',
  assumedIntradomain: 'same AS',
  assumedInterdomain: 'across ASes',
};
