import { formatIpv4, parseIpv4 } from '@revtr/net';
import type { Life } from './life.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Connections that are lost in a day, and how long a host stays away at most. */
const VANTAGE_POINT_ABSENCES = 72;
const SOURCE_ABSENCES = 8;
const MOST_AWAY_MS = 90 * MINUTE_MS;
const PREPENDS_PER_DAY = 10;
const MOST_PREPENDS = 3;
/** Packets on their way have already met the routing of the next seconds, which must not change any more. */
const AHEAD_MS = MINUTE_MS;

/** Lets vantage points and sources lose their connections. */
export async function flapHosts(life: Life): Promise<void> {
  const { system, random } = life;
  const away = async (address: string): Promise<void> => {
    system.leave(parseIpv4(address));
    life.count('agents left');
    await life.pause(MINUTE_MS + random.below(MOST_AWAY_MS));
    system.comeBack(parseIpv4(address));
  };
  await Promise.all([
    life.repeat(VANTAGE_POINT_ABSENCES, async () => void away(formatIpv4(random.pick(system.vantagePoints)))),
    life.repeat(SOURCE_ABSENCES, async () => void away(random.pick(system.sources))),
  ]);
}

/** Changes the announcements of networks; links fail by themselves. */
export async function changeRouting(life: Life): Promise<void> {
  const { system, clock, random } = life;
  const { internet } = system;
  const { networks, adjacencies } = internet.topology;
  await life.repeat(PREPENDS_PER_DAY, async () => {
    const network = random.below(networks.count);
    const [first, end] = [adjacencies.first[network], adjacencies.first[network + 1]];
    const neighbour = adjacencies.neighbour[first + random.below(end - first)];
    internet.schedule(
      { type: 'prepend', network, neighbour, count: random.below(MOST_PREPENDS + 1) },
      clock.now() + AHEAD_MS,
    );
    internet.timeline.forgetBefore(clock.now() - HOUR_MS);
    life.count('changes of announcements');
  });
}
