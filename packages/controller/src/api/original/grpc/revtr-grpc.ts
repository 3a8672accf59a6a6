import type { DescMessage } from '@bufbuild/protobuf';
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import type { User } from '@revtr/storage';
import { ControllerError } from '../../../foundation/errors.ts';
import { clientKey } from '../../../grpc/call-context.ts';
import {
  GetRevtrBatchStatusRespSchema,
  GetRevtrMetaOnlyRespSchema,
  GetRevtrRespSchema,
  GetSourcesRespSchema,
  type Revtr,
  RunRevtrRespSchema,
} from '../../../grpc/generated/revtr_pb.ts';
import type { Caller } from '../../http/authenticate.ts';
import type { ApiCollaborators } from '../../http/collaborators.ts';
import { ripeKeySchema } from '../../http/route-parts.ts';
import type { LongList } from '../../http/send-list.ts';
import type { RevtrService } from '../revtr-service.ts';
import { httpStatusOf } from '../status.ts';
import { AnswerBudget } from './answer-budget.ts';
import type { Callers } from './callers.ts';
import { messageOf, withList } from './encode-list.ts';
import { readRunRequest, refuseUnfitText } from './read-request.ts';

export interface RevtrGrpcCollaborators {
  readonly revtr: RevtrService;
  readonly callers: Callers;
  readonly auditEvents: Pick<ApiCollaborators['auditEvents'], 'act' | 'ended'>;
  /** Told of outcomes of actions that cannot be stored in the audit. */
  readonly onAuditFailed: (error: unknown) => void;
}

/** The gRPC service `pb.Revtr` of the original: the methods of {@link RevtrService} for callers that {@link Callers} has found. */
export function revtrGrpc(collaborators: RevtrGrpcCollaborators): ServiceImpl<typeof Revtr> {
  const { revtr, callers } = collaborators;
  const answers = new AnswerBudget();
  const listed = <Desc extends DescMessage, Row>(
    schema: Desc,
    list: LongList<Row>,
    { id }: Pick<User, 'id'>,
    { signal }: HandlerContext,
  ) => withList(schema, list, answers.for(id, signal));
  return {
    runRevtr: async (request, context) => {
      const caller = await callers.callerOf(context, request);
      const { batchId, headers, list } = await revtr.run(
        caller,
        readRunRequest(request, revtr.maxBatch),
        context.signal,
      );
      for (const [name, value] of Object.entries(headers)) context.responseHeader.set(name, value);
      if (list === undefined) return messageOf(RunRevtrRespSchema, { batchId });
      return listed(RunRevtrRespSchema, list, caller.user, context);
    },
    getRevtr: async (request, context) => {
      const { user } = await callers.callerOf(context, request);
      return listed(GetRevtrRespSchema, await revtr.ofBatch(user, request.batchId), user, context);
    },
    getRevtrByLabel: async (request, context) => {
      const { user } = await callers.callerOf(context, request);
      refuseUnfitText(request.label);
      return listed(GetRevtrRespSchema, await revtr.ofLabel(user, request.label, context.signal), user, context);
    },
    getRevtrMetaOnly: async (request, context) => {
      const { user } = await callers.callerOf(context, request);
      return listed(GetRevtrMetaOnlyRespSchema, await revtr.metaOf(user, request.batchId), user, context);
    },
    getRevtrBatchStatus: async (request, context) => {
      const { user } = await callers.callerOf(context, request);
      return listed(GetRevtrBatchStatusRespSchema, await revtr.statusesOf(user, request.batchId), user, context);
    },
    updateRevtr: async (request, context) => {
      const caller = await callers.callerOf(context, request);
      const { revtrId } = request;
      const tracerouteId = Number(request.tracerouteId);
      if (!Number.isSafeInteger(tracerouteId))
        throw new ControllerError('badRequest', 'the number of the traceroute does not fit 53 bits');
      const change = { revtrId, tracerouteId };
      await audited(collaborators, { caller, context, detail: change }, () => revtr.update(caller.user, change));
      return {};
    },
    getSources: async (request, context) => {
      const { user } = await callers.callerOf(context, request);
      return messageOf(GetSourcesRespSchema, await revtr.sources(user, request));
    },
    cleanAtlas: async (request, context) => {
      const caller = await callers.callerOf(context, request);
      const { source } = request;
      await audited(collaborators, { caller, context, detail: { source } }, () =>
        revtr.cleanAtlas(caller.user, source),
      );
      return {};
    },
    runAtlas: async (request, context) => {
      const caller = await callers.callerOf(context, request);
      const { source } = request;
      const ripeKey = ripeKeySchema.safeParse(context.requestHeader.get('ripe-key') ?? undefined);
      if (!ripeKey.success) throw new ControllerError('badRequest', 'ripe-key does not have the expected form');
      await audited(collaborators, { caller, context, detail: { source } }, () =>
        revtr.runAtlas(caller, source, ripeKey.data),
      );
      return {};
    },
  };
}

/** Stores an action of an operator before it is carried out, and its outcome afterwards, as REST does. */
async function audited(
  { auditEvents, onAuditFailed }: RevtrGrpcCollaborators,
  { caller: { user }, context, detail }: { caller: Caller; context: HandlerContext; detail: object },
  action: () => Promise<void>,
): Promise<void> {
  if (user.role !== 'operator') return action();
  const { values, service, method } = context;
  const id = await auditEvents.act({
    userId: user.id,
    client: values.get(clientKey),
    subject: `gRPC ${service.typeName}/${method.name}`,
    detail: JSON.stringify(detail),
  });
  let status = 200;
  try {
    await action();
  } catch (error) {
    status = error instanceof ControllerError ? httpStatusOf(error) : 500;
    throw error;
  } finally {
    await auditEvents.ended(id, status).catch(onAuditFailed);
  }
}
