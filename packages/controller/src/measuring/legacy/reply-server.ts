import { create } from '@bufbuild/protobuf';
import { Code, ConnectError, type ConnectRouter, type HandlerContext } from '@connectrpc/connect';
import { type Credential, peerAddressOf } from '@revtr/link';
import type { Ipv4Address, TimestampEntry } from '@revtr/net';
import type { Clock } from '@revtr/probing';
import type { Logger } from 'pino';
import type { Metrics } from '../../foundation/metrics.ts';
import { clientKey } from '../../grpc/call-context.ts';
import { PLController } from '../../grpc/generated/plcontroller_pb.ts';
import { type Probe, SpoofedProbesResponseSchema, type TimeStamp, TSType } from '../../grpc/generated/recspoof_pb.ts';
import { GrpcServer } from '../../grpc/grpc-server.ts';
import type { GrpcLimits } from '../../grpc/limits.ts';
import type { LegacyAgents } from './legacy-agents.ts';
import type { Report } from './reported-replies.ts';

export interface ReplyServerOptions {
  readonly host: string;
  /** TCP port; 0 takes any free port. */
  readonly port: number;
}

export interface ReplyServerCollaborators {
  readonly agents: Pick<LegacyAgents, 'refuse' | 'report' | 'refused'>;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Logger;
}

/** An agent makes one call a second, over one connection. */
const LIMITS: Partial<GrpcLimits> = {
  connections: { total: 1_024, perAddress: 4 },
  streamsPerConnection: 16,
  calls: { total: 1_024, perAddress: 64 },
  nested: { messages: 30_000, withCredentialMessages: 30_000 },
  messageMs: 10_000,
};
/** Entries of an option in an IPv4 header. */
const MOST_ENTRIES = 9;

/** The gRPC server to which agents of revtr 2.0 report the replies to spoofed probes (`pb.PLController/AcceptProbes`). */
export function createReplyServer(
  options: ReplyServerOptions,
  tls: Credential,
  collaborators: ReplyServerCollaborators,
): GrpcServer {
  const { agents, log } = collaborators;
  return new GrpcServer(
    { ...options, name: 'legacy', tls, limits: LIMITS },
    {
      ...collaborators,
      isServing: async () => true,
      // Nothing is read from an address that the operator has not allowed.
      requestGate: async ({ values }) => void allowed(agents, values.get(clientKey)),
      routes: (router: ConnectRouter) =>
        router.service(PLController, {
          acceptProbes: async ({ probes }, context: HandlerContext) => {
            const address = allowed(agents, context.values.get(clientKey));
            if (probes.length === 0) throw new ConnectError('there are no probes', Code.InvalidArgument);
            await agents.report(address, probes.map(toReport), context.signal);
            return create(SpoofedProbesResponseSchema);
          },
        }),
      toConnectError: (error) => {
        if (error instanceof ConnectError) return error;
        log.error({ err: error }, 'a call of an agent of revtr 2.0 failed');
        return new ConnectError('the controller failed', Code.Internal);
      },
    },
  );
}

/** The address of a client that may report replies. @throws {ConnectError} `PermissionDenied` */
function allowed(agents: ReplyServerCollaborators['agents'], client: string): Ipv4Address {
  const address = peerAddressOf({ remoteAddress: client });
  const refusal = address === undefined ? 'agents connect over IPv4' : agents.refuse(address);
  if (address !== undefined && refusal === undefined) return address;
  agents.refused('legacyConnection', client, refusal ?? '');
  throw new ConnectError(refusal ?? '', Code.PermissionDenied);
}

function toReport({ src, dst, id, seqNum, probeId, rR, ts }: Probe): Report {
  return {
    source: src,
    destination: dst,
    identifier: id,
    sequence: seqNum,
    token: probeId,
    ...(rR && { recordRoute: usedEntries(rR.hops, (hop) => hop !== 0) }),
    ...(ts && { timestamps: toTimestamps(ts) }),
  };
}

function toTimestamps({ type, stamps }: TimeStamp): TimestampEntry[] {
  if (type === TSType.TSPreSpec)
    return stamps
      .slice(0, MOST_ENTRIES)
      .map(({ ip, time }) => ({ address: ip, ...(time !== 0 && { milliseconds: time }) }));
  const used = usedEntries(stamps, ({ ip, time }) => ip !== 0 || time !== 0);
  return used.map(({ ip, time }) => ({ milliseconds: time, ...(type === TSType.TSAndAddr && { address: ip }) }));
}

/** An agent reports every entry of an option, and not which ones are used: the empty ones at the end are left out. */
function usedEntries<T>(entries: readonly T[], isUsed: (entry: T) => boolean): T[] {
  const own = entries.slice(0, MOST_ENTRIES);
  return own.slice(0, 1 + own.findLastIndex(isUsed));
}
