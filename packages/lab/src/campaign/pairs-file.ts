import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { formatIpv4, type Ipv4Address } from '@revtr/net';

/** Host addresses in a /24. */
const HOSTS = 254;
/** One line in so many has a private destination, which the server refuses. */
const PRIVATE_EVERY = 1_000;
const PRIVATE_NETWORK = 0x0a_00_00_00;

/**
 * Writes a file of distinct pairs, one `DESTINATION SOURCE` in a line. The first destinations are those of the hitlist, which answer pings;
 * the others are their neighbours in the same /24. Every 1,000th line has a private destination.
 * @param hitlist at most one address of each /24
 * @throws {RangeError} when there are fewer distinct pairs
 */
export async function writePairs(
  path: string,
  count: number,
  { hitlist, sources }: { readonly hitlist: readonly Ipv4Address[]; readonly sources: readonly string[] },
): Promise<void> {
  const most = hitlist.length * HOSTS * sources.length;
  if (count > most) throw new RangeError(`this simulated Internet has only ${most} distinct pairs`);
  function* lines(): Generator<string> {
    yield '# destination source\n';
    for (let i = 0; i < count; i++) {
      const listed = hitlist[Math.floor(i / sources.length) % hitlist.length];
      const round = Math.floor(i / (hitlist.length * sources.length));
      const neighbour = listed - (listed % 256) + (((listed % 256) - 1 + round) % HOSTS) + 1;
      const isPrivate = i % PRIVATE_EVERY === PRIVATE_EVERY - 1;
      yield `${formatIpv4(isPrivate ? PRIVATE_NETWORK + i : neighbour)} ${sources[i % sources.length]}\n`;
    }
  }
  await pipeline(lines, createWriteStream(path));
}
