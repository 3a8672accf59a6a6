import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import { type Credential, limitConnections } from '@revtr/link';
import type { Tracing } from '@revtr/tracing';
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { Logger } from 'pino';
import { ControllerError } from '../foundation/errors.ts';
import type { Metrics } from '../foundation/metrics.ts';
import { METRICS, MONITORING } from '../operations/monitoring.ts';
import { registerWeb, sendDocument, wantsPage } from '../web/routes.ts';
import type { WebFiles } from '../web/web-files.ts';
import { registerArchiveFiles } from './archive/files.ts';
import { registerArchiveImports } from './archive/imports.ts';
import { registerArchive } from './archive/routes.ts';
import { registerExports } from './exports/routes.ts';
import { installAccess } from './http/access.ts';
import { installActionLog } from './http/action-log.ts';
import { installBodyDeadline } from './http/body-deadline.ts';
import { limitedClientOf } from './http/client-address.ts';
import type { ApiCollaborators } from './http/collaborators.ts';
import { answerBadUrl, installErrorHandler } from './http/errors.ts';
import { installJsonBody } from './http/json-body.ts';
import { rememberPeers } from './http/known-peers.ts';
import { answerMalformedRequest } from './http/malformed-request.ts';
import { measureRequests } from './http/request-metrics.ts';
import { traceRequests } from './http/request-traces.ts';
import { installTextCheck } from './http/text-check.ts';
import { describeApi, SWAGGER_OPTIONS } from './openapi/document.ts';
import { registerMeasurementApi } from './original/measurement-api.ts';
import { registerRevtrApi } from './original/revtr-api.ts';
import type { RevtrService } from './original/revtr-service.ts';
import { registerResultPages } from './pages/result-pages.ts';
import { registerPages } from './pages/routes.ts';
import { registerAtlasV1 } from './v1/atlas.ts';
import { registerV1 } from './v1/routes.ts';
import { registerAbuse } from './v2/abuse.ts';
import { registerAbuseContacts } from './v2/abuse-contacts.ts';
import { registerAccount } from './v2/account.ts';
import { registerAccuracy } from './v2/accuracy.ts';
import { registerAgents } from './v2/agents.ts';
import { registerApplications } from './v2/applications.ts';
import { registerAtlasV2 } from './v2/atlas.ts';
import { registerAudit } from './v2/audit.ts';
import { registerDatasets } from './v2/datasets.ts';
import { registerFind } from './v2/find.ts';
import { registerKeys } from './v2/keys.ts';
import { registerKillSwitches } from './v2/kill-switches.ts';
import { registerMigration } from './v2/migration.ts';
import { registerOpenSessions } from './v2/open-sessions.ts';
import { registerOperations } from './v2/operations.ts';
import { registerOptOutRequests } from './v2/opt-out-requests.ts';
import { registerOptOuts } from './v2/opt-outs.ts';
import { registerProbes } from './v2/probes.ts';
import { registerPublicTraceroutes } from './v2/public-traceroutes.ts';
import { registerPublications } from './v2/publications.ts';
import { registerQueue } from './v2/queue.ts';
import { registerV2 } from './v2/routes.ts';
import { registerSafety } from './v2/safety.ts';
import { registerSessions } from './v2/sessions.ts';
import { registerSourceVisibility } from './v2/source-visibility.ts';
import { registerStatus } from './v2/status.ts';
import { registerUsers } from './v2/users.ts';
import { registerWatches } from './v2/watches.ts';

/** Routes that take more say so. */
const MOST_BODY_BYTES = 64 * 2 ** 10;
/** The headers of a request, and a whole request with the largest upload, arrive within these times. */
const HEADERS_MS = 20_000;
const REQUEST_MS = 3_600_000;
const BODY_DEADLINE = { leastMs: 30_000, bytesPerSecond: 8 * 2 ** 10 };
const IDLE_MS = 65_000;
const MOST_CONNECTIONS = 10_000;
const MOST_FROM_ONE_ADDRESS = 1_000;

export interface ServerOptions {
  readonly tls?: Credential | undefined;
  /**
   * Proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed: addresses or prefixes. Default: none, the peer of the
   * connection is the client.
   */
  readonly trustProxy?: readonly string[] | undefined;
  /** The web interface. Default: none is served. */
  readonly web?: WebFiles | undefined;
  /** Where the health server listens. It alone has the metrics then: a proxy in front of the API need not hide them. Default: there is none. */
  readonly health?: { readonly port: number } | undefined;
}

/** The HTTP server with all its routes and the document that describes them. */
export async function createServer(
  options: ServerOptions,
  collaborators: ApiCollaborators & {
    readonly revtr: RevtrService;
    readonly log: Logger;
    readonly metrics: Metrics;
    readonly tracing: Tracing;
  },
): Promise<FastifyInstance> {
  const { log, metrics } = collaborators;
  const app: FastifyInstance = fastify({
    https: options.tls === undefined ? null : { cert: options.tls.certificate, key: options.tls.key },
    loggerInstance: log as FastifyBaseLogger,
    bodyLimit: MOST_BODY_BYTES,
    forceCloseConnections: 'idle',
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: IDLE_MS,
    trustProxy: (options.trustProxy ?? []).length === 0 ? false : [...(options.trustProxy ?? [])],
    frameworkErrors: answerBadUrl,
    clientErrorHandler: answerMalformedRequest,
    logController: new LogController({ disableRequestLogging: true }),
  });
  app.server.headersTimeout = HEADERS_MS;
  rememberPeers(app.server);
  // Behind a proxy, all connections have one address.
  const perAddress = (options.trustProxy ?? []).length === 0 ? MOST_FROM_ONE_ADDRESS : MOST_CONNECTIONS;
  limitConnections(app.server, { total: MOST_CONNECTIONS, perAddress });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  const { web } = options;
  installErrorHandler(app, (request, reply) => {
    if (web === undefined || !wantsPage(request)) return false;
    sendDocument(request, reply, web.document);
    return true;
  });
  installJsonBody(app);
  closeUnread(app);
  measureRequests(app, metrics);
  traceRequests(app, collaborators.tracing);
  installBodyDeadline(app, BODY_DEADLINE);
  await app.register(helmet);
  await app.register(rateLimit, {
    global: false,
    keyGenerator: limitedClientOf,
    errorResponseBuilder: (_request, { ttl }) =>
      new ControllerError('tooManyRequests', 'too many requests from your address', {
        retryAfterSeconds: Math.ceil(ttl / 1000),
      }),
  });
  await app.register(swagger, SWAGGER_OPTIONS);
  await app.register(async (routes) => {
    installAccess(routes, collaborators);
    installTextCheck(routes);
    installActionLog(routes, collaborators.auditEvents);
    registerV1(routes, collaborators);
    registerAtlasV1(routes, collaborators);
    registerMeasurementApi(routes, collaborators);
    registerRevtrApi(routes, collaborators);
    registerV2(routes, collaborators);
    registerFind(routes, collaborators);
    registerProbes(routes, collaborators);
    registerExports(routes, collaborators);
    registerArchive(routes, collaborators);
    registerArchiveImports(routes, collaborators);
    registerArchiveFiles(routes, collaborators);
    registerPublications(routes, collaborators);
    registerAgents(routes, collaborators);
    registerApplications(routes, collaborators);
    registerSourceVisibility(routes, collaborators);
    registerAccount(routes, collaborators);
    registerKeys(routes, collaborators);
    registerSessions(routes, collaborators);
    registerOpenSessions(routes, collaborators);
    registerUsers(routes, collaborators);
    registerWatches(routes, collaborators);
    registerAtlasV2(routes, collaborators);
    registerPublicTraceroutes(routes, collaborators);
    registerMigration(routes, collaborators);
    registerDatasets(routes, collaborators);
    registerOperations(routes, collaborators);
    registerQueue(routes, collaborators);
    registerStatus(routes, collaborators);
    registerKillSwitches(routes, collaborators);
    registerOptOuts(routes, collaborators);
    registerAudit(routes, collaborators);
    registerAccuracy(routes, collaborators);
    registerAbuse(routes, collaborators);
    registerOptOutRequests(routes, collaborators);
    registerAbuseContacts(routes, collaborators);
    await routes.register((pages) => registerPages(pages, collaborators));
    registerSafety(routes, collaborators);
    registerResultPages(routes, web?.document, collaborators);
    if (web === undefined)
      routes.get('/', { config: { access: 'public' }, schema: { hide: true } }, (_request, reply) =>
        reply.redirect('/about-probes'),
      );
    else registerWeb(routes, web);
    let document: object | undefined;
    routes.get('/openapi.json', { config: { access: 'public' }, schema: { hide: true } }, () => {
      document ??= describeApi(app.swagger(), collaborators.publicUrl);
      return document;
    });
    for (const [path, read] of MONITORING) {
      if (path === METRICS && options.health !== undefined) continue;
      routes.get(path, { config: { access: 'public' }, schema: { hide: true } }, async (_request, reply) => {
        const { status, type, body } = await read(collaborators);
        return reply.status(status).type(type).send(body);
      });
    }
  });
  await app.ready();
  return app;
}

/** Ends the connection of a request that is answered before its body has arrived: the rest is neither read nor waited for. */
function closeUnread(app: FastifyInstance): void {
  app.addHook('onSend', async (request, reply) => {
    if (!request.raw.complete) reply.header('connection', 'close');
  });
}
