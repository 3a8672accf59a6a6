import type { DescMethod } from '@bufbuild/protobuf';
import { createContextKey, type HandlerContext } from '@connectrpc/connect';
import type { FastifyBaseLogger } from 'fastify';
import { ControllerError } from '../../../foundation/errors.ts';
import { clientKey, isAuthenticatedKey } from '../../../grpc/call-context.ts';
import { Revtr } from '../../../grpc/generated/revtr_pb.ts';
import { requireAccess } from '../../http/access.ts';
import { type Authenticator, type Caller, keyIn } from '../../http/authenticate.ts';
import type { ApiCollaborators } from '../../http/collaborators.ts';

const callerKey = createContextKey<Caller | undefined>(undefined, { description: 'caller' });

/** What a credential must permit for each method. */
const ACCESS: Readonly<Record<keyof typeof Revtr.method, 'read' | 'measure' | 'host'>> = {
  runRevtr: 'measure',
  getRevtr: 'read',
  getRevtrByLabel: 'read',
  getRevtrMetaOnly: 'read',
  getRevtrBatchStatus: 'read',
  updateRevtr: 'measure',
  getSources: 'read',
  cleanAtlas: 'host',
  runAtlas: 'host',
};
const accessOf = ({ localName }: DescMethod) => Object.entries(ACCESS).find(([name]) => name === localName)?.[1];

/**
 * Finds out who makes a call: the owner of the API key in the metadata, before the message is read, or else of the key in the field `auth` of
 * the message, as the original's clients send it.
 */
export class Callers {
  readonly #authenticator: Pick<Authenticator, 'callerWith'>;
  readonly #auditEvents: Pick<ApiCollaborators['auditEvents'], 'count'>;
  readonly #log: Pick<FastifyBaseLogger, 'warn'>;

  constructor({
    authenticator,
    auditEvents,
    log,
  }: Pick<ApiCollaborators, 'authenticator' | 'auditEvents'> & { readonly log: Pick<FastifyBaseLogger, 'warn'> }) {
    this.#authenticator = authenticator;
    this.#auditEvents = auditEvents;
    this.#log = log;
  }

  /** Admits a call of the service whose metadata carry a key. Keys of calls of other services are not looked at. @throws {ControllerError} `unauthorized`, `forbidden`, `tooManyRequests` */
  async admit(context: HandlerContext): Promise<void> {
    const key = keyIn(Object.fromEntries(context.requestHeader.entries()));
    if (context.service !== Revtr || key === undefined) return;
    context.values.set(callerKey, await this.#identify(context, key));
    context.values.set(isAuthenticatedKey, true);
  }

  /** The caller of an admitted call, or the owner of `auth`. @throws {ControllerError} as `admit` */
  async callerOf(context: HandlerContext, { auth }: { readonly auth: string }): Promise<Caller> {
    const admitted = context.values.get(callerKey);
    if (admitted !== undefined) return admitted;
    if (auth === '')
      throw new ControllerError(
        'unauthorized',
        'unauthorized request: neither the metadata nor auth carries an API key',
      );
    return this.#identify(context, auth);
  }

  async #identify({ values, method }: HandlerContext, key: string): Promise<Caller> {
    const client = values.get(clientKey);
    let caller: Caller;
    try {
      caller = await this.#authenticator.callerWith({ ip: client, log: this.#log }, key);
    } catch (error) {
      if (error instanceof ControllerError)
        this.#auditEvents.count({ kind: 'unknownKey', client, detail: error.message });
      throw error;
    }
    this.#auditEvents.count({ kind: 'login', userId: caller.user.id, client });
    const access = accessOf(method);
    if (access !== undefined) requireAccess(caller, access);
    return caller;
  }
}
