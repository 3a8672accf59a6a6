import type { Hop } from '../types.ts';

/** Groups of techniques. Techniques of one family have the same colour. */
export const FAMILIES = [
  'end',
  'recordRoute',
  'spoofedRecordRoute',
  'atlas',
  'timestamp',
  'intradomain',
  'interdomain',
] as const;
export type Family = (typeof FAMILIES)[number];

/** How a technique is called and coloured. */
export interface TechniqueStyle {
  readonly label: string;
  readonly family: Family;
}

/** The style of each technique, in pages and pictures. */
export const TECHNIQUE_STYLES: Readonly<Record<Hop['technique'], TechniqueStyle>> = {
  destination: { label: 'destination', family: 'end' },
  atlas: { label: 'atlas', family: 'atlas' },
  atlasBetween: { label: 'atlas, between', family: 'atlas' },
  recordRoute: { label: 'Record Route', family: 'recordRoute' },
  spoofedRecordRoute: { label: 'spoofed Record Route', family: 'spoofedRecordRoute' },
  timestamp: { label: 'timestamp', family: 'timestamp' },
  spoofedTimestamp: { label: 'spoofed timestamp', family: 'timestamp' },
  timestampDoubleStamp: { label: 'timestamp, twice', family: 'timestamp' },
  standInSubnet: { label: 'stand-in, same /24', family: 'intradomain' },
  standInPrefix: { label: 'stand-in, same prefix', family: 'interdomain' },
  standInNetwork: { label: 'stand-in, same network', family: 'interdomain' },
  networkPath: { label: 'path through the same network', family: 'interdomain' },
  assumedIntradomain: { label: 'assumed, same network', family: 'intradomain' },
  assumedInterdomain: { label: 'assumed, across a border', family: 'interdomain' },
};
