import type { SimulatedInternet } from '@revtr/sim';
import { publishData } from '@revtr/sim';
import { mean, share } from '../../statistics/quantiles.ts';
import { coneClassOf } from './cone-classes.ts';
import { compare, type RealismRow } from './figure.ts';
import type { RecordRouteSurvey } from './survey.ts';

const SURVEY = 'address lists of IMC 2017, networks of January 2019';
const LISTS = 'CAIDA customer cones and RIPE Atlas, January 2019';

/** Sizes of networks, RIPE Atlas, known aliases, and networks that let spoofed packets out. */
export function coverageRows(internet: SimulatedInternet, survey: RecordRouteSurvey): RealismRow[] {
  const { topology, places, parameters } = internet;
  const classOf = coneClassOf(topology);
  const classes = Array.from({ length: topology.networks.count }, (_, network) => classOf(network));
  const probes = new Map<number, number>();
  for (const { asn } of places.atlasProbes) probes.set(asn, (probes.get(asn) ?? 0) + 1);
  const counts = [...probes.values()].sort((a, b) => b - a);
  const hasProbe = Array.from(topology.networks.numbers, (asn) => probes.has(asn));
  const inClass = (name: string): number[] => classes.flatMap((other, network) => (other === name ? [network] : []));
  const published = [
    ['1', 0.848, 0.03, 0.032, 0.02],
    ['2 to 10', 0.121, 0.03, 0.15, 0.07],
    ['11 to 100', 0.026, 0.015, 0.33, 0.13],
  ] as const;
  const known = new Set(
    publishData(topology, parameters)
      .aliasSets.filter((set) => set.length > 1)
      .flat(),
  );
  const seen = [...new Set([...survey.targets, ...survey.stamps])];
  const answering = survey.targets.filter((_, i) => survey.answered.some((row) => row[i] === 1));
  const answersInClass = (name: string): number =>
    share(answering.filter((target) => classOf(topology.networkOf.lookup(target)) === name).length, answering.length);
  return [
    ...(
      [
        ['1', 0.369],
        ['2 to 10', 0.253],
        ['11 to 100', 0.21],
        ['101 to 1000', 0.12],
      ] as const
    ).map(([name, part]) =>
      compare(
        [`prefixes that answer Record Route, part of cones of ${name}`, part, 0.08, 'derived'],
        SURVEY,
        answersInClass(name),
      ),
    ),
    ...published.map(([name, size, tolerance]) =>
      compare(
        [`networks with a customer cone of ${name}`, size, tolerance, 'derived'],
        LISTS,
        share(inClass(name).length, classes.length),
      ),
    ),
    compare(['networks with a RIPE Atlas probe', 0.056, 0.01, 'derived'], LISTS, share(probes.size, classes.length)),
    ...published.map(([name, , , presence, tolerance]) =>
      compare(
        [`networks with a RIPE Atlas probe, cone of ${name}`, presence, tolerance, 'derived'],
        LISTS,
        mean(inClass(name).map((network) => (hasProbe[network] ? 1 : 0))),
      ),
    ),
    compare(
      ['networks with one probe, of those with any', 0.7, 0.1, 'derived'],
      LISTS,
      share(counts.filter((count) => count === 1).length, counts.length),
    ),
    compare(['RIPE Atlas probes in each network that has any', 2.9, 0.6, 'derived'], LISTS, mean(counts)),
    compare(
      ['Record Route addresses with known aliases', 0.19, 0.04, 'derived'],
      'IMC 2017, section 3.3',
      share(seen.filter((address) => known.has(address)).length, seen.length),
    ),
    compare(
      ['networks that let spoofed packets out', 0.25, 0.05, 'read'],
      'CCS 2019, abstract',
      mean([...topology.networks.spoofingAllowed]),
    ),
  ];
}
