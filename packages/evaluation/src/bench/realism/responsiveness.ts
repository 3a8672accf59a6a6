import { NetworkKind, type SimulatedInternet } from '@revtr/sim';
import { share } from '../../statistics/quantiles.ts';
import { coneClassOf } from './cone-classes.ts';
import { compare, type RealismRow } from './figure.ts';
import type { Census, RecordRouteSurvey } from './survey.ts';

const RR17 = 'IMC 2017, table 1';
const LISTS = 'address lists of IMC 2017, networks of January 2019';

/** A /24 with hosts, and what one of its addresses answers. */
interface Probed {
  readonly network: number;
  readonly ping: boolean;
  readonly recordRoute: boolean;
}

/** Which prefixes answer pings and Record Route pings, by kind of network and by customer cone. */
export function responsivenessRows(
  { topology }: SimulatedInternet,
  census: Census,
  { answered }: RecordRouteSurvey,
): RealismRow[] {
  const { networks } = topology;
  const probed = probedPrefixes(topology, census);
  const rates = (list: readonly Probed[]): [number, number] => {
    const responsive = list.filter(({ ping }) => ping);
    const answering = responsive.filter(({ recordRoute }) => recordRoute);
    return [share(responsive.length, list.length), share(answering.length, responsive.length)];
  };
  const responsive = probed.filter(({ ping }) => ping);
  const answering = responsive.filter(({ recordRoute }) => recordRoute);
  const answers = answered[0].map((_, i) => answered.filter((row) => row[i] === 1).length);
  const ofKind = (kind: number, ping: number, recordRoute: number, name: string): RealismRow[] => {
    const [pinged, recorded] = rates(probed.filter(({ network }) => networks.kinds[network] === kind));
    return [
      compare([`prefixes that answer ping, ${name}`, ping, 0.05, 'read'], RR17, pinged),
      compare([`of these, prefixes that answer Record Route, ${name}`, recordRoute, 0.06, 'read'], RR17, recorded),
    ];
  };
  const [pingRate, recordRouteRate] = rates(probed);
  return [
    compare(['prefixes that answer ping', 0.77, 0.03, 'read'], RR17, pingRate),
    compare(['of these, prefixes that answer Record Route', 0.75, 0.03, 'read'], RR17, recordRouteRate),
    ...ofKind(NetworkKind.access, 0.76, 0.76, 'transit and access'),
    ...ofKind(NetworkKind.enterprise, 0.84, 0.68, 'enterprise'),
    ...ofKind(NetworkKind.content, 0.84, 0.77, 'content'),
    compare(
      ['networks with a prefix that answers ping', 0.95, 0.05, 'read'],
      RR17,
      share(countNetworks(responsive), countNetworks(probed)),
    ),
    compare(
      ['of these, networks with one that answers Record Route', 0.82, 0.06, 'read'],
      RR17,
      share(countNetworks(answering), countNetworks(responsive)),
    ),
    compare(
      ['prefixes that answer more than 64 % of the vantage points, of those that answer one', 0.8, 0.08, 'read'],
      'IMC 2017, section 3.2',
      share(
        answers.filter((count) => count > (90 / 141) * answered.length).length,
        answers.filter((count) => count > 0).length,
      ),
    ),
    ...byCone(topology, probed),
  ];
}

const countNetworks = (list: readonly Probed[]): number => new Set(list.map(({ network }) => network)).size;

function probedPrefixes({ hosts, networkOf }: SimulatedInternet['topology'], census: Census): Probed[] {
  const bases = (addresses: Iterable<number>): Set<number> => new Set([...addresses].map((address) => address >>> 8));
  const [ping, recordRoute] = [bases(census.ping), bases(census.recordRoute)];
  return [...bases(hosts.prefixes.map(({ address }) => address))].map((base) => ({
    network: networkOf.lookup((base << 8) >>> 0),
    ping: ping.has(base),
    recordRoute: recordRoute.has(base),
  }));
}

function byCone(topology: SimulatedInternet['topology'], probed: readonly Probed[]): RealismRow[] {
  const classOf = coneClassOf(topology);
  const rate = (name: string): number => {
    const members = probed.filter(({ network }) => classOf(network) === name);
    return share(countNetworks(members.filter(({ recordRoute }) => recordRoute)), countNetworks(members));
  };
  return (
    [
      ['1', 0.57],
      ['2 to 10', 0.8],
      ['11 to 100', 0.92],
      ['101 to 1000', 0.97],
    ] as const
  ).map(([name, published]) =>
    compare(
      [`networks with a prefix that answers Record Route, cone of ${name}`, published, 0.13, 'derived'],
      LISTS,
      rate(name),
    ),
  );
}
