import type { Ipv4Address } from '@revtr/net';
import { describe, expect, it } from 'vitest';
import type { Extension, Hop, Measurement, ReadAnswer } from '../src/index.ts';
import { OtherAnswers } from '../src/techniques/other-answers.ts';
import { DESTINATION, ip, measurementWith, ScriptedProber } from './support/measurement.ts';

const [A, B, OTHER_A, OTHER_B] = [ip(51), ip(52), ip(61), ip(62)];
const hop = (address: Ipv4Address): Hop => ({
  address,
  technique: 'spoofedRecordRoute',
  trust: 'measured',
  confidence: 0.99,
  evidence: { type: 'recordRoute', target: DESTINATION, sender: ip(2), slot: 3, turn: 'stamp', at: 0 },
});
const answer = (sender: number, ...hops: Ipv4Address[]): ReadAnswer => ({
  target: DESTINATION,
  sender: ip(sender),
  hops: hops.map(hop),
  distance: 5,
  reading: { hops: [], stamps: [], isWhole: false },
});
const addressesOf = (extension: Extension): Ipv4Address[] | undefined =>
  extension.outcome === 'extended' ? extension.hops.map(({ address }) => address) : undefined;

/** Asks the technique, and puts what it finds on the path. */
async function ask(technique: OtherAnswers, measurement: Measurement): Promise<Extension> {
  const extension = await technique.extend(measurement);
  if (extension.outcome === 'extended') measurement.path.extend(extension.from, extension.hops);
  return extension;
}

describe('other answers', () => {
  it('continue a path whose last hop leads nowhere, and then an earlier hop of the answer that was followed', async () => {
    const measurement = measurementWith(new ScriptedProber(() => undefined));
    const { targetAnswers, path } = measurement;
    const followed = answer(2, A, B);
    targetAnswers.noteAnswer(followed);
    targetAnswers.noteAnswer(answer(3, OTHER_A, OTHER_B));
    path.extend(0, followed.hops);
    const technique = new OtherAnswers();
    expect(addressesOf(await ask(technique, measurement))).toEqual([OTHER_A, OTHER_B]);
    expect(path.hops[1]).toMatchObject({ address: OTHER_A, alternatives: [A], divergence: 'loadBalancing' });
    expect(addressesOf(await ask(technique, measurement))).toEqual([A]);
    expect(path.last.address).toBe(A);
    expect(await ask(technique, measurement)).toMatchObject({ outcome: 'nothingFound' });
  });

  it('include one that came late and leads further', async () => {
    const measurement = measurementWith(new ScriptedProber(() => undefined));
    const { targetAnswers, path } = measurement;
    const followed = answer(2, A);
    targetAnswers.noteAnswer(followed);
    path.extend(0, followed.hops);
    const technique = new OtherAnswers();
    expect(addressesOf(await ask(technique, measurement))).toBeUndefined();
    targetAnswers.noteLateAnswer(answer(3, A, B));
    await ask(technique, measurement);
    expect(path.hops.map(({ address }) => address)).toEqual([DESTINATION, A, B]);
  });
});
