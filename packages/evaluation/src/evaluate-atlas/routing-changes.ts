import type { Random } from '@revtr/probing';
import type { NetworkEvent, SimulatedInternet } from '@revtr/sim';

/** Rates of routing changes. */
export interface ChangeRates {
  /** Failures of links between networks in a day, and their mean duration in hours. */
  readonly failuresPerDay: number;
  readonly meanHours: number;
  /** Changes of AS path prepending towards a neighbour in a day. */
  readonly prependsPerDay: number;
  /** Interval, in milliseconds, to whose end every change is put off. Few different moments make a long simulation faster. Default 1. */
  readonly stepMs?: number;
}

const DAY_MS = 86_400_000;

/** Schedules random link failures and prepending changes for some days. Returns the number of events. */
export function scheduleChanges(internet: SimulatedInternet, rates: ChangeRates, days: number, random: Random): number {
  const { interfaces, adjacencies, networks } = internet.topology;
  const borders = Array.from(interfaces.adjacency.keys()).filter((i) => interfaces.adjacency[i] >= 0);
  const start = internet.clock.now();
  const events: { readonly event: NetworkEvent; readonly at: number }[] = [];
  for (let i = 0; i < rates.failuresPerDay * days; i++) {
    const link = random.pick(borders);
    const at = start + random.next() * days * DAY_MS;
    const hours = -Math.log(1 - random.next()) * rates.meanHours;
    events.push({ event: { type: 'linkDown', interface: link }, at });
    events.push({ event: { type: 'linkUp', interface: link }, at: at + hours * 3_600_000 });
  }
  for (let i = 0; i < rates.prependsPerDay * days; i++) {
    const network = random.below(networks.count);
    const first = adjacencies.first[network];
    const neighbour = adjacencies.neighbour[first + random.below(adjacencies.first[network + 1] - first)];
    const at = start + random.next() * days * DAY_MS;
    events.push({ event: { type: 'prepend', network, neighbour, count: random.below(4) }, at });
  }
  events.sort((a, b) => a.at - b.at);
  const step = rates.stepMs ?? 1;
  for (const { event, at } of events) internet.schedule(event, Math.ceil(at / step) * step);
  return events.length;
}
