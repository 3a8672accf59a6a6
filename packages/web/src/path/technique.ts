/** How a technique is called and coloured. `family` selects the colour: one of the palette of Okabe and Ito (2008). */
export interface TechniqueStyle {
  readonly label: string;
  readonly family: 'end' | 'recordRoute' | 'spoofedRecordRoute' | 'atlas' | 'timestamp' | 'intradomain' | 'interdomain';
  /** What the technique is, in a sentence. */
  readonly about: string;
}

const STYLES: Readonly<Record<string, TechniqueStyle>> = {
  destination: { label: 'destination', family: 'end', about: 'The requested destination.' },
  atlas: {
    label: 'atlas',
    family: 'atlas',
    about: 'The path meets a traceroute to the source that was measured before; the rest of the way is known from it.',
  },
  atlasBetween: {
    label: 'atlas, between',
    family: 'atlas',
    about: 'The path meets a traceroute to the source between two of its hops.',
  },
  recordRoute: {
    label: 'Record Route',
    family: 'recordRoute',
    about: 'The router wrote its address into the reply of a ping from the source.',
  },
  spoofedRecordRoute: {
    label: 'spoofed Record Route',
    family: 'spoofedRecordRoute',
    about: 'A vantage point sent a ping with the address of the source; the router wrote its address into the reply.',
  },
  timestamp: {
    label: 'timestamp',
    family: 'timestamp',
    about: 'The router wrote a timestamp into the reply of a ping from the source.',
  },
  spoofedTimestamp: {
    label: 'spoofed timestamp',
    family: 'timestamp',
    about: 'A vantage point sent a ping with the address of the source; the router wrote a timestamp into the reply.',
  },
  timestampDoubleStamp: {
    label: 'timestamp, twice',
    family: 'timestamp',
    about: 'The router wrote two timestamps into the reply: the packet passed it in both directions.',
  },
  standInSubnet: {
    label: 'stand-in, same /24',
    family: 'intradomain',
    about: 'The destination did not answer: the path is that of another host of its /24.',
  },
  standInPrefix: {
    label: 'stand-in, same prefix',
    family: 'interdomain',
    about: 'The destination did not answer: the path is that of another host of its announced prefix.',
  },
  standInNetwork: {
    label: 'stand-in, same network',
    family: 'interdomain',
    about: 'The destination did not answer: the path is that of another host of its network.',
  },
  networkPath: {
    label: 'path through the same network',
    family: 'interdomain',
    about: 'Not measured from here: the path of another host that crosses the same network, from where it leaves it.',
  },
  assumedIntradomain: {
    label: 'assumed, same network',
    family: 'intradomain',
    about: 'Not measured: the path back is assumed to use the same link as the path there, inside one network.',
  },
  assumedInterdomain: {
    label: 'assumed, across a border',
    family: 'interdomain',
    about: 'Not measured: the path back is assumed to use the same link between two networks as the path there.',
  },
};

/** The style of a technique; one that is not known is shown by its name. */
export function techniqueStyle(technique: string): TechniqueStyle {
  return Object.hasOwn(STYLES, technique)
    ? STYLES[technique]
    : { label: technique, family: 'end', about: 'A technique that this page does not know.' };
}
