import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { ControllerError } from '@revtr/controller';
import { type RunRevtrReq, RunRevtrReqSchema } from '@revtr/controller/revtr-messages';
import { readRunRequest } from '@revtr/controller/run-request';
import { ensure, type Target } from '../target.ts';

const SOURCE = '192.0.2.1';

/** The message in `bytes`; `undefined` when the library refuses them, with whatever error. */
function decoded(bytes: Uint8Array): RunRevtrReq | undefined {
  try {
    return fromBinary(RunRevtrReqSchema, bytes);
  } catch {
    return undefined;
  }
}

/** `RunRevtrReq` as it arrives over gRPC: what is accepted names every pair. */
export const grpcRunRequest = (): Target => ({
  form: 'bytes',
  seeds: [
    create(RunRevtrReqSchema, { revtrs: [{ src: SOURCE, dst: '192.0.2.2' }], auth: 'key' }),
    create(RunRevtrReqSchema, {
      revtrs: [
        {
          ...{ src: SOURCE, dst: 'host.example', label: 'x', uuid: 'u', maxSpoofers: 10, useCache: true },
          ...{ atlasOptions: { useAtlas: true, staleness: 1440n, platforms: ['ripe'] }, heuristicsOptions: {} },
        },
      ],
      waitUntilFinished: true,
    }),
  ].map((message) => toBinary(RunRevtrReqSchema, message)),
  isExpected: (error) => error instanceof ControllerError,
  run: (input) => {
    const message = decoded(input);
    if (message === undefined) return;
    const { revtrs } = readRunRequest(message, message.revtrs.length);
    ensure(revtrs.length === message.revtrs.length, 'a pair is lost');
  },
});
