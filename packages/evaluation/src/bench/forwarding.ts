import { buildEchoRequest } from '@revtr/net';
import { SimulatedInternet, simParameters } from '@revtr/sim';

const ROUND_TRIPS = 300_000;
const PER_DRIVE = 10_000;

/** Sends 300,000 Record Route pings from a source to the hitlist of the medium Internet. Reports the rate of one run on one core. */
export async function benchForwarding() {
  const generated = performance.now();
  const internet = new SimulatedInternet({ parameters: simParameters('medium', 1) });
  const generateMs = performance.now() - generated;
  const { network, clock, places } = internet;
  const [source] = places.sources;
  let received = 0;
  network.attach(source.address, () => {
    received++;
  });
  const started = performance.now();
  for (let sent = 0; sent < ROUND_TRIPS; sent += PER_DRIVE) {
    for (let i = 0; i < PER_DRIVE; i++) {
      const packet = buildEchoRequest({
        source: source.address,
        destination: places.hitlist[(sent + i) % places.hitlist.length],
        ttl: 64,
        identifier: 1,
        sequence: i & 0xffff,
        payload: new Uint8Array(20),
        option: { type: 'recordRoute', slots: 9 },
      });
      network.send(packet, source.address);
    }
    await clock.drive(clock.sleep(10_000));
  }
  const seconds = (performance.now() - started) / 1000;
  return {
    generateMs: Math.round(generateMs),
    sent: ROUND_TRIPS,
    received,
    hopsForwarded: network.counts.forwarded,
    roundTripsPerSecond: Math.round(received / seconds),
    roundTripsPerMinute: Math.round((60 * received) / seconds),
    nanosecondsPerHop: Math.round((seconds * 1e9) / network.counts.forwarded),
  };
}
