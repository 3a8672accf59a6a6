import { toJson } from '@bufbuild/protobuf';
import type { z } from 'zod';
import { ControllerError } from '../../../foundation/errors.ts';
import { type RevtrMeasurement, RevtrMeasurementSchema, type RunRevtrReq } from '../../../grpc/generated/revtr_pb.ts';
import { refuseLargeBatch } from '../../../measurements/submission.ts';
import { faultOf } from '../../http/well-formed.ts';
import { runRevtrReqSchema } from '../messages.ts';

/** Reads `RunRevtrReq`. @throws {ControllerError} `batchTooLarge` for more than `mostPairs`; `badRequest` with the places */
export function readRunRequest(
  { revtrs, auth, checkDB, waitUntilFinished }: RunRevtrReq,
  mostPairs: number,
): z.infer<typeof runRevtrReqSchema> {
  // Before each pair costs time.
  refuseLargeBatch(revtrs.length, mostPairs);
  const value = { revtrs: revtrs.map(toPair), auth, checkDB, waitUntilFinished };
  refuseUnfitText(value);
  const read = runRevtrReqSchema.safeParse(value);
  if (read.success) return read.data;
  const places = read.error.issues.map(({ path, code, message }) => ({ at: placeOf(path), code, message }));
  throw new ControllerError('badRequest', 'the request does not have the expected form', { places });
}

/** @throws {ControllerError} `badRequest` for text that cannot be stored */
export function refuseUnfitText(value: unknown): void {
  const fault = faultOf(value);
  if (fault !== undefined) throw new ControllerError('badRequest', `the message cannot be used: ${fault}`);
}

/**
 * A pair in the JSON mapping. A zero value means that a field of the pair is not set, because proto3 does not tell the two apart. The options
 * are messages: where one is set, `false` in it means `false`, as in the original.
 */
function toPair(pair: RevtrMeasurement): object {
  const { src, dst, atlasOptions: atlas, symmetryOptions: symmetry, heuristicsOptions: heuristics } = pair;
  const json = toJson(RevtrMeasurementSchema, pair);
  return {
    ...json,
    ...{ src, dst },
    ...(atlas && {
      atlasOptions: {
        ...json.atlasOptions,
        ...{ useAtlas: atlas.useAtlas, useRrPings: atlas.useRrPings },
        ...{ ignoreSource: atlas.ignoreSource, ignoreSourceAs: atlas.ignoreSourceAs },
      },
    }),
    ...(symmetry && { symmetryOptions: { isAllowInterdomainSymmetry: symmetry.isAllowInterdomainSymmetry } }),
    ...(heuristics && { heuristicsOptions: { useDoubleStamp: heuristics.useDoubleStamp } }),
  };
}

const placeOf = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((at, part) => {
    if (typeof part === 'number') return `${at}[${part}]`;
    return at === '' ? String(part) : `${at}.${String(part)}`;
  }, '');
