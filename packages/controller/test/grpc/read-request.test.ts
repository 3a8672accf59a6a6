import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { readRunRequest } from '../../src/api/original/grpc/read-request.ts';
import { toRequestedPairs } from '../../src/api/v1/request.ts';
import { RunRevtrReqSchema } from '../../src/grpc/generated/revtr_pb.ts';

type Pair = NonNullable<Parameters<typeof create<typeof RunRevtrReqSchema>>[1]>['revtrs'];
/** The options with which pairs are measured that arrive over gRPC. */
const optionsOf = (pair: NonNullable<Pair>[number]) => {
  const sent = create(RunRevtrReqSchema, { revtrs: [{ src: '192.0.2.1', dst: '192.0.2.2', ...pair }] });
  const received = fromBinary(RunRevtrReqSchema, toBinary(RunRevtrReqSchema, sent));
  return toRequestedPairs(readRunRequest(received, 1))[0].options;
};

it('a batch with too many pairs is refused before its pairs are read', () => {
  const revtrs = Array.from({ length: 3 }, () => ({ maxSpoofers: 999 }));
  const request = create(RunRevtrReqSchema, { revtrs });
  expect(() => readRunRequest(request, 2)).toThrow(expect.objectContaining({ code: 'batchTooLarge' }));
  expect(() => readRunRequest(request, 3)).toThrow(expect.objectContaining({ code: 'badRequest' }));
});

describe('the options of a pair over gRPC', () => {
  it('are the defaults of the original where no atlas options are set', () => {
    expect(optionsOf({})).toEqual({ measureRtts: true, forwardTraceroute: false });
  });

  it('are false where a message of options is set and a field of it is not', () => {
    expect(optionsOf({ atlasOptions: {}, symmetryOptions: {}, heuristicsOptions: {} })).toEqual({
      ...{ useAtlas: false, useRecordRouteAtlas: false, ignoreOwnTraceroutes: false, ignoreOwnNetwork: false },
      ...{ allowInterdomainSymmetry: false, useHeuristics: false, reuseMaxAgeMs: 0 },
      ...{ measureRtts: false, forwardTraceroute: false },
    });
  });

  it('are those that the sidecar sends', () => {
    expect(
      optionsOf({
        ...{ uuid: 'u', label: 'ndt_revtr_sidecar', rrVpSelectionAlgorithm: 'ingress_cover', useCache: true },
        atlasOptions: {
          ...{ useAtlas: true, useRrPings: true, staleness: 1440n, stalenessBeforeRefresh: 1n },
          platforms: ['mlab', 'ripe'],
        },
        ...{ checkDestBasedRoutingOptions: {}, heuristicsOptions: {}, maxSpoofers: 10 },
        ...{ isRunRttPings: true, isTryFromDestinationAs: true },
      }),
    ).toEqual({
      ...{ useAtlas: true, useRecordRouteAtlas: true, ignoreOwnTraceroutes: false, ignoreOwnNetwork: false },
      ...{ atlasMaxAgeMs: 86_400_000, atlasPlatforms: ['vantagePoint', 'ripeAtlas'], maxSpoofers: 10 },
      ...{ useHeuristics: false, measureRtts: true, forwardTraceroute: false, uuid: 'u' },
    });
  });

  it.each([
    ['revtrs[0].maxSpoofers', { maxSpoofers: 999 }],
    ['revtrs[0].atlasOptions.staleness', { atlasOptions: { staleness: -1n } }],
    ['revtrs[0].label', { label: 'x'.repeat(501) }],
  ])('are refused with the place %s', (at, pair) => {
    expect(() => optionsOf(pair)).toThrow(expect.objectContaining({ places: [expect.objectContaining({ at })] }));
  });
});
