import { TECHNIQUE_STYLES, type TechniqueStyle } from '@revtr/client/wording';

/** What each technique is, in a sentence. */
const ABOUT: Readonly<Record<keyof typeof TECHNIQUE_STYLES, string>> = {
  destination: 'The requested destination.',
  atlas: 'The path meets a traceroute to the source that was measured before; the rest of the way is known from it.',
  atlasBetween: 'The path meets a traceroute to the source between two of its hops.',
  recordRoute: 'The router wrote its address into the reply of a ping from the source.',
  spoofedRecordRoute:
    'A vantage point sent a ping with the address of the source; the router wrote its address into the reply.',
  timestamp: 'The router wrote a timestamp into the reply of a ping from the source.',
  spoofedTimestamp:
    'A vantage point sent a ping with the address of the source; the router wrote a timestamp into the reply.',
  timestampDoubleStamp: 'The router wrote two timestamps into the reply: the packet passed it in both directions.',
  standInSubnet: 'The destination did not answer: the path is that of another host of its /24.',
  standInPrefix: 'The destination did not answer: the path is that of another host of its announced prefix.',
  standInNetwork: 'The destination did not answer: the path is that of another host of its network.',
  networkPath:
    'Not measured from here: the path of another host that crosses the same network, from where it leaves it.',
  assumedIntradomain:
    'Not measured: the path back is assumed to use the same link as the path there, inside one network.',
  assumedInterdomain:
    'Not measured: the path back is assumed to use the same link between two networks as the path there.',
};

const isKnown = (technique: string): technique is keyof typeof ABOUT => Object.hasOwn(ABOUT, technique);

/** The style of a technique, and what it is; one that is not known is shown by its name. */
export function techniqueStyle(technique: string): TechniqueStyle & { readonly about: string } {
  return isKnown(technique)
    ? { ...TECHNIQUE_STYLES[technique], about: ABOUT[technique] }
    : { label: technique, family: 'end', about: 'A technique that this page does not know.' };
}
