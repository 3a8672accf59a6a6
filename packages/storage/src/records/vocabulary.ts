/**
 * Texts that records refer to by number. `\0` stands for a number or an address. Stored records refer to these numbers: entries are only
 * appended, never changed or moved. The first {@link SHORT_WORDS} take one byte.
 */
const WORDS: readonly string[] = [
  ...['nothingFound', 'extended', 'atlas', 'inferred', 'spoofedRecordRoute', 'recordRoute', 'measured', 'assumed'],
  ...['no path of the atlas passes the last hops', 'stamp', 'knownPath', 'no earlier measurement shows the next hop'],
  ...['assumedSymmetry', 'otherAnswers', 'no other answer leads further', 'nothing behind \0', 'symmetry', 'reaches'],
  ...['assumedIntradomain', 'destination', 'networkPath', 'default', 'ripeAtlas', 'nearbyAddress', 'proxyPath'],
  ...['no other address of its /\0 answers', 'standInSubnet', 'no measuring host is near the destination'],
  ...['standInNetwork', 'Assume symmetry on an interdomain link', 'loadBalancing', 'provider', 'customer', 'peer'],
  ...['atlasBetween', 'no path of the atlas crosses the network of the last hop', 'notDestinationBased', 'exact'],
  ...['assumedInterdomain', 'prefix', 'standInPrefix', 'loop', 'reverseTraceroute', 'subnet', 'alias', 'network'],
  ...['the answer shows no reverse hop', 'recordRouteBetween', 'vantagePoint', 'proxy', 'nearby', '\0, its gateway'],
  ...['unfilledRecordRoute', '\0, in the same network', '\0 hops from \0', '\0 did not answer', '\0 hops known'],
  ...['recordRoute match at \0', '\0, across a border', 'recordRoute match at \0, checked', '\0 hops', 'timestamp'],
  ...['exact match at \0', 'cancelled'],
  // The words above take one byte, those below two.
  ...['exact match at \0, checked', '\0 reaches the source through AS \0', '\0 hops from \0 in its /\0'],
  ...['nothing behind \0; nothing behind \0', 'recordRouteBetween match at \0', '\0 is in the same network'],
  ...['recordRouteBetween match at \0, checked', '\0 hops of a late answer of \0', 'alias match at \0, checked'],
  ...['only known hops: \0 hops of another answer of \0, to \0', 'only known hops: \0 hops known'],
  ...['Traceroute failed when trying to assume symmetric (gapLimit)', 'alias match at \0', 'tracerouteFailed'],
  ...['\0 is in the same subnet', '\0 is in the same prefix', 'the path is longer than the way of packets of \0'],
  ...['only known hops: \0 hops from \0', '\0 hops of another answer of \0, to \0', '\0 did not answer recently'],
  ...['the answer contradicts the atlas', 'failed', 'trivial', 'doubleStamp', 'spoofedTimestamp', 'order', 'honest'],
  ...['timestampDoubleStamp', 'bothWays', 'backOnly', 'publicTraceroute', 'tracerouteOnDemand', 'completed'],
  ...['gapLimit', 'unreachable', 'batchCancelled', 'the batch was cancelled before this measurement ended'],
  ...['budgetExhausted', 'circuitOpen', 'killSwitch', 'internal', 'revtr1.0', 'revtr2.0'],
];

const SHORT_WORDS = 64;
const HOP = ['address', 'technique', 'type', 'trust', 'confidence'];

/** Lists of the fields of objects that records refer to by number. Entries are only appended, never changed or moved. */
const SHAPES: readonly (readonly string[])[] = [
  ['technique', 'detail', 'ms', 'outcome', 'hop'],
  [...HOP, 'asn', 'evidence'],
  [...HOP, 'asn'],
  ['type', 'slot', 'turn', 'target', 'sender', 'at'],
  ['type', 'target', 'adjacent', 'isGateway', 'links', 'at'],
  ['type'],
  [
    ...['recordRoutePings', 'spoofedRecordRoutePings', 'timestampPings', 'spoofedTimestampPings', 'plainPings'],
    ...['traceroutes', 'tracerouteProbes', 'recordRouteRounds', 'spoofedRecordRouteRounds', 'onDemandTraceroutes'],
    ...['atlasQueries', 'recordRouteMs', 'spoofedRecordRouteMs', 'atlasMs', 'symmetryMs'],
  ],
  ['plan', 'stopReason', 'startedAt', 'endedAt', 'hops', 'confidence', 'stats', 'attempts'],
  [...HOP, 'asn', 'reusedAgeMs', 'evidence'],
  ['type', 'match', 'tracerouteId', 'platform', 'origin', 'at', 'met'],
  [...HOP, 'asn', 'reusedAgeMs'],
  ['type', 'target', 'adjacent', 'isGateway', 'links', 'relation', 'at'],
  [...HOP, 'asn', 'alternatives', 'divergence'],
  [...HOP, 'asn', 'confirmedBy', 'evidence'],
  [...HOP, 'asn', 'divergence', 'evidence'],
  ['address', 'scope'],
  ['type', 'target', 'network', 'tracerouteId', 'platform', 'origin', 'isOnDemand', 'at'],
  ['plan', 'stopReason', 'startedAt', 'endedAt', 'hops', 'confidence', 'measuredThrough', 'stats', 'attempts'],
  [
    'plan',
    'stopReason',
    'startedAt',
    'endedAt',
    'hops',
    'confidence',
    'measuredThrough',
    'reused',
    'stats',
    'attempts',
  ],
  ['plan', 'stopReason', 'startedAt', 'endedAt', 'hops', 'confidence', 'reused', 'stats', 'attempts'],
  ['oldestAgeMs'],
  ['type', 'destination', 'sender', 'at'],
  ['type', 'destination', 'scope', 'tracerouteId', 'platform', 'origin', 'at', 'isAsLong'],
  [...HOP, 'asn', 'alternatives', 'divergence', 'evidence'],
  ['type', 'target', 'sender', 'at'],
  [...HOP, 'asn', 'rttMs', 'evidence'],
  [...HOP, 'asn', 'rttMs'],
  ['ttl', 'address', 'rttMs'],
  ['ttl'],
  ['code', 'message', 'hop'],
  ['plan', 'stopReason', 'failReason', 'startedAt', 'endedAt', 'hops', 'confidence', 'stats', 'attempts'],
  ['plan', 'stopReason', 'startedAt', 'endedAt', 'hops', 'confidence', 'stats', 'attempts', 'forward'],
  // The shapes above take one byte, those below two.
  ['stop', 'hops'],
  ['asn', 'confidence'],
  [...HOP, 'evidence'],
  HOP,
  ['plan', 'stopReason', 'startedAt', 'endedAt', 'hops', 'stats', 'attempts', 'failReason'],
];

/** One step in the tree of the known lists of fields. */
export interface ShapeNode {
  readonly next: Map<string, ShapeNode>;
  /** Number of the list that ends here. */
  shape: number | undefined;
}

/** Texts and shapes by number, and the ways back. */
export const VOCABULARY = {
  words: WORDS,
  shapes: SHAPES,
  wordNumbers: numbersOf((word) => !word.includes('\0')),
  templateNumbers: numbersOf((word) => word.includes('\0')),
  shapeTree: treeOf(SHAPES),
} as const;

/** Numbers of texts, shapes and back references below these take one byte; so do whole numbers below {@link SHORT.integers}. */
export const SHORT = { integers: 64, words: SHORT_WORDS, shapes: 32, references: 32, lengths: 16 } as const;

function numbersOf(isOne: (word: string) => boolean): ReadonlyMap<string, number> {
  return new Map([...WORDS.entries()].flatMap(([i, word]) => (isOne(word) ? [[word, i]] : [])));
}

function treeOf(shapes: readonly (readonly string[])[]): ShapeNode {
  const root = newNode();
  for (const [number, fields] of shapes.entries()) {
    let node = root;
    for (const field of fields) node = childOf(node, field);
    node.shape = number;
  }
  return root;
}

function childOf(node: ShapeNode, field: string): ShapeNode {
  const known = node.next.get(field);
  if (known !== undefined) return known;
  const child = newNode();
  node.next.set(field, child);
  return child;
}

function newNode(): ShapeNode {
  return { next: new Map(), shape: undefined };
}
