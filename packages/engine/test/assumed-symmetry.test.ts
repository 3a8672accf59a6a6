import { type Ipv4Address, parseIpv4, parsePrefix } from '@revtr/net';
import { describe, expect, it } from 'vitest';
import { type Hop, PrefixOrigins } from '../src/index.ts';
import { AssumedSymmetry, type AssumedSymmetryOptions } from '../src/techniques/assumed-symmetry.ts';
import { traceWhole } from '../src/techniques/forward-path/trace-whole.ts';
import { DESTINATION, ip, measurementWith, ScriptedProber, SOURCE } from './support/measurement.ts';

const OPTIONS: AssumedSymmetryOptions = {
  allowInterdomain: false,
  trustGateways: false,
  ownersByRelation: false,
  allowIncomplete: false,
  trace: (measurement, target) => traceWhole(measurement, target, { timeoutMs: 1_000 }),
};
// 5.0.0.0 to 5.0.0.31 is the network of the destination, the rest another one.
const ipToAs = new PrefixOrigins([
  { prefix: parsePrefix('5.0.0.0/24'), asn: 6 },
  { prefix: parsePrefix('5.0.0.0/27'), asn: 5 },
]);
const extend = (hops: readonly (Ipv4Address | undefined)[], options: Partial<AssumedSymmetryOptions> = {}) =>
  new AssumedSymmetry({ ...OPTIONS, ...options }).extend(
    measurementWith(
      new ScriptedProber(
        () => undefined,
        () => hops,
      ),
      { ipToAs },
    ),
  );
/** A hop that the destination has shown. */
const stamped = (address: Ipv4Address): Hop => ({
  ...{ address, technique: 'recordRoute', trust: 'measured', confidence: 1 },
  evidence: { type: 'recordRoute', target: DESTINATION, sender: SOURCE, slot: 1, turn: 'stamp', at: 0 },
});

describe('assumed symmetry', () => {
  it('takes the router before the destination, and labels it as an assumption within the network', async () => {
    expect(await extend([ip(40), ip(11), DESTINATION])).toMatchObject({
      outcome: 'extended',
      hops: [{ address: ip(11), technique: 'assumedIntradomain', trust: 'assumed', evidence: { adjacent: true } }],
    });
  });

  it('marks the hop as not adjacent when a silent hop lies in between', async () => {
    expect(await extend([ip(11), undefined, DESTINATION])).toMatchObject({
      hops: [{ address: ip(11), evidence: { adjacent: false } }],
    });
  });

  it('is adjacent although hops that identify no router lie between, because these may be the hop itself', async () => {
    const prober = new ScriptedProber(
      () => undefined,
      () => [ip(40), ip(11), DESTINATION],
    );
    const shared = parseIpv4('10.0.0.1');
    const measurement = measurementWith(prober, { ipToAs, mayProbe: (address) => address !== shared });
    measurement.path.extend(0, [stamped(shared)]);
    const technique = new AssumedSymmetry({ ...OPTIONS, trustGateways: true });
    expect(await technique.extend(measurement)).toMatchObject({
      from: 1,
      hops: [{ address: ip(11), evidence: { adjacent: true, isGateway: true } }],
    });
  });

  it('crosses a border only if the plan allows it, and names the hop that it did not assume', async () => {
    const hops = [ip(40), DESTINATION];
    expect(await extend(hops)).toMatchObject({
      outcome: 'nothingFound',
      failReason: { code: 'interdomainSymmetry', hop: DESTINATION, details: { before: ip(40) } },
    });
    expect(await extend(hops, { allowInterdomain: true })).toMatchObject({
      hops: [{ address: ip(40), technique: 'assumedInterdomain' }],
    });
  });

  it('uses an incomplete traceroute only if the plan allows it', async () => {
    const hops = [ip(11), undefined];
    expect(await extend(hops)).toMatchObject({
      failReason: { code: 'tracerouteFailed', details: { stop: 'gapLimit' } },
    });
    expect(await extend(hops, { allowIncomplete: true })).toMatchObject({ hops: [{ address: ip(11) }] });
  });

  it('continues behind a dead end with a router before an earlier hop, as not adjacent', async () => {
    // The last hop is silent, and the traceroute to it ends at a hop that the path has.
    const prober = new ScriptedProber(
      () => undefined,
      (target) => (target === ip(12) ? [ip(11), undefined] : [ip(40), target]),
    );
    const options = { ...OPTIONS, allowInterdomain: true, allowIncomplete: true };
    const extendWith = (changes: Partial<AssumedSymmetryOptions>) => {
      const measurement = measurementWith(prober, { ipToAs });
      measurement.path.extend(0, [stamped(ip(11)), stamped(ip(12))]);
      return new AssumedSymmetry({ ...options, ...changes }).extend(measurement);
    };
    expect(await extendWith({})).toMatchObject({ failReason: { code: 'tracerouteFailed', hop: ip(12) } });
    expect(await extendWith({ earlierTargets: 1 })).toMatchObject({
      outcome: 'extended',
      from: 2,
      hops: [{ address: ip(40), technique: 'assumedInterdomain', evidence: { target: ip(11), adjacent: false } }],
    });
  });

  it('measures the whole path to an earlier hop when the end of it begins at the dead end', async () => {
    // Nothing has a route to the last hop. The end of the path to the hop before it begins with the last hop.
    const prober = new ScriptedProber(
      () => undefined,
      (target) => (target === ip(12) ? [undefined] : [ip(40), ip(12), target]),
    );
    const endOf: AssumedSymmetryOptions['trace'] = async (measurement, target) => {
      const whole = await OPTIONS.trace(measurement, target);
      return target === ip(12) ? whole : { ...whole, hops: whole.hops.slice(1) };
    };
    const measurement = measurementWith(prober, { ipToAs });
    measurement.path.extend(0, [stamped(ip(11)), stamped(ip(12))]);
    const technique = new AssumedSymmetry({
      ...OPTIONS,
      allowInterdomain: true,
      allowIncomplete: true,
      earlierTargets: 1,
      trace: endOf,
      traceFurther: OPTIONS.trace,
    });
    expect(await technique.extend(measurement)).toMatchObject({
      outcome: 'extended',
      from: 2,
      hops: [{ address: ip(40), technique: 'assumedInterdomain', evidence: { target: ip(11), adjacent: false } }],
    });
  });

  it('reaches the source when there is no router in between', async () => {
    expect(await extend([DESTINATION], { allowInterdomain: true })).toMatchObject({ hops: [{ address: SOURCE }] });
  });
});
