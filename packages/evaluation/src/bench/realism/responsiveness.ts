import { NetworkKind, type SimulatedInternet } from '@revtr/sim';
import { share } from '../../statistics/quantiles.ts';
import { coneClassOf } from './cone-classes.ts';
import { compare, type RealismRow } from './figure.ts';
import type { RecordRouteSurvey } from './survey.ts';

const RR17 = 'IMC 2017, table 1';
const LISTS = 'address lists of IMC 2017, networks of January 2019';

/** Which prefixes answer pings and Record Route pings, by kind of network and by customer cone. */
export function responsivenessRows(
  { topology }: SimulatedInternet,
  prefixes: readonly number[],
  { targets, answered, slots }: RecordRouteSurvey,
): RealismRow[] {
  const { networks, routers, hosts, hostPrefixOf } = topology;
  const networkOf = (prefix: number): number => routers.network[hosts.router[prefix]];
  const probed = prefixes.map(networkOf);
  const outcomes = targets.map((target, i) => ({
    network: networkOf(hostPrefixOf.lookup(target)),
    answers: answered.filter((row) => row[i] === 1).length,
    isReachable: slots.some((row) => row[i] > 0),
  }));
  const answering = outcomes.filter(({ answers }) => answers > 0);
  const ofKind = (kind: number, ping: number, recordRoute: number, name: string): RealismRow[] => {
    const isKind = (network: number): boolean => networks.kinds[network] === kind;
    const responsive = outcomes.filter(({ network }) => isKind(network));
    return [
      compare(
        [`prefixes that answer ping, ${name}`, ping, 0.05, 'read'],
        RR17,
        share(responsive.length, probed.filter(isKind).length),
      ),
      compare(
        [`of these, prefixes that answer Record Route, ${name}`, recordRoute, 0.06, 'read'],
        RR17,
        share(answering.filter(({ network }) => isKind(network)).length, responsive.length),
      ),
    ];
  };
  const networksOf = (list: readonly { readonly network: number }[]): number =>
    new Set(list.map(({ network }) => network)).size;
  return [
    compare(['prefixes that answer ping', 0.77, 0.03, 'read'], RR17, share(targets.length, prefixes.length)),
    compare(
      ['of these, prefixes that answer Record Route', 0.75, 0.03, 'read'],
      RR17,
      share(answering.length, targets.length),
    ),
    ...ofKind(NetworkKind.access, 0.76, 0.76, 'transit and access'),
    ...ofKind(NetworkKind.enterprise, 0.84, 0.68, 'enterprise'),
    ...ofKind(NetworkKind.content, 0.84, 0.77, 'content'),
    compare(
      ['networks with a prefix that answers ping', 0.95, 0.05, 'read'],
      RR17,
      share(networksOf(outcomes), new Set(probed).size),
    ),
    compare(
      ['of these, networks with one that answers Record Route', 0.82, 0.06, 'read'],
      RR17,
      share(networksOf(answering), networksOf(outcomes)),
    ),
    compare(
      ['prefixes that answer more than 64 % of the vantage points, of those that answer one', 0.8, 0.08, 'read'],
      'IMC 2017, section 3.2',
      share(answering.filter(({ answers }) => answers > (90 / 141) * answered.length).length, answering.length),
    ),
    ...byCone(topology, probed, answering),
  ];
}

function byCone(
  topology: SimulatedInternet['topology'],
  probed: readonly number[],
  answering: readonly { readonly network: number; readonly isReachable: boolean }[],
): RealismRow[] {
  const classOf = coneClassOf(topology);
  const rate = (name: string): number => {
    const all = new Set(probed.filter((network) => classOf(network) === name));
    const some = new Set(answering.map(({ network }) => network).filter((network) => all.has(network)));
    return share(some.size, all.size);
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
