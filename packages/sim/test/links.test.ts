import { describe, expect, it } from 'vitest';
import type { SimulatedInternet } from '../src/index.ts';
import { build, echo } from './exchange.ts';

/** Sends `count` echo requests `everyMs` apart to an attached host; returns the sequence of answers and their times. */
async function stream(internet: SimulatedInternet, count: number, everyMs: number, at = 0) {
  const { network, clock, places } = internet;
  const [source, target] = [places.sources[0].address, places.vantagePoints[at].address];
  network.attach(target, () => undefined);
  const answers: { readonly sequence: number; readonly rttMs: number }[] = [];
  const sentAt: number[] = [];
  const detach = network.attach(source, (packet) => {
    const sequence = packet[packet.length - 1];
    answers.push({ sequence, rttMs: clock.now() - sentAt[sequence] });
  });
  for (let i = 0; i < count; i++) {
    sentAt.push(clock.now());
    const packet = echo(source, target, 64, undefined, Uint8Array.from([i]));
    network.send(packet, source);
    await clock.drive(clock.sleep(everyMs));
  }
  await clock.drive(clock.sleep(30_000));
  detach();
  return answers;
}

const inOrder = (answers: readonly { readonly sequence: number }[]): boolean =>
  answers.every(({ sequence }, i) => i === 0 || sequence > answers[i - 1].sequence);

describe('links', () => {
  it('deliver everything in order and in the same time by default', async () => {
    const answers = await stream(build(), 100, 1);
    expect(answers.length).toBe(100);
    expect(inOrder(answers)).toBe(true);
    const rtts = answers.map(({ rttMs }) => rttMs);
    expect(Math.max(...rtts) - Math.min(...rtts)).toBeLessThan(0.01);
  });

  it('reorder packets that follow each other closely', async () => {
    const answers = await stream(build({ reordering: 0.1 }), 200, 0.1);
    expect(answers.length).toBe(200);
    expect(inOrder(answers)).toBe(false);
    expect(inOrder(await stream(build({ reordering: 0.1 }), 50, 200))).toBe(true);
  });

  it('that are congested lose packets, delay them, and keep their order', async () => {
    const internet = build({ congestedLinks: 1, congestedLinkLoss: 0.02 });
    const answers = await stream(internet, 200, 20);
    expect(answers.length).toBeGreaterThan(50);
    expect(answers.length).toBeLessThan(195);
    expect(inOrder(answers)).toBe(true);
    const rtts = answers.map(({ rttMs }) => rttMs).sort((a, b) => a - b);
    expect(rtts[rtts.length - 1] - rtts[0]).toBeGreaterThan(20);
  });

  it('are congested at some times and not at others', async () => {
    const internet = build({ congestedLinks: 0.05 });
    const perMinute: number[] = [];
    for (let minute = 0; minute < 12; minute++) {
      const answers = await stream(internet, 10, 100);
      perMinute.push(Math.max(...answers.map(({ rttMs }) => rttMs)) - Math.min(...answers.map(({ rttMs }) => rttMs)));
      await internet.clock.drive(internet.clock.sleep(60_000 - 31_000));
    }
    expect(perMinute.some((spread) => spread > 5)).toBe(true);
    expect(perMinute.some((spread) => spread < 0.1)).toBe(true);
  });
});

describe('hosts', () => {
  it('answer late, a few of them by seconds, when the profile says so; attached hosts do not', async () => {
    const internet = build({ hostDelay: 1 });
    const { network, clock, places } = internet;
    const [{ address: source }] = places.sources;
    const median = async (target: number): Promise<number> => {
      const times: number[] = [];
      for (let i = 0; i < 9; i++) {
        const sentAt = clock.now();
        const detach = network.attach(source, () => times.push(clock.now() - sentAt));
        network.send(echo(source, target), source);
        await clock.drive(clock.sleep(100_000));
        detach();
      }
      return times.sort((a, b) => a - b)[4];
    };
    const medians: number[] = [];
    for (const target of places.hitlist.slice(0, 100)) medians.push(await median(target));
    const slow = medians.filter((rtt) => rtt > 1_000).length;
    // One address of twenty takes more than a second (Padmanabhan et al., IMC 2015).
    expect(slow).toBeGreaterThan(0);
    expect(slow).toBeLessThan(15);
    expect((await stream(internet, 20, 10)).every(({ rttMs }) => rttMs < 1_000)).toBe(true);
  });
});
