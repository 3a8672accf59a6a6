import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type {
  AbuseContact,
  Account,
  AtlasEstimate,
  Batch,
  KillSwitch,
  OptOut,
  OptOutRequest,
  RedeemedLink,
  SourceVisibility,
  WaitingTime,
  WatchDelivery,
} from '@revtr/client';
import {
  abuseReportOf,
  accuracyOf,
  agentDetailsOf,
  agentOf,
  applicationOf,
  atlasOf,
  budgetsOf,
  circuitOf,
  datasetOf,
  eventOf,
  keyOf,
  mailOf,
  measurementOf,
  probeSetOf,
  publicationOf,
  recordOf,
  runOf,
  selfAuditOf,
  statusOf,
  suspensionOf,
  TIME,
  userOf,
  watchAlertOf,
  watchChangeOf,
  watchOf,
  watchRunsOf,
} from './values.ts';

/** What a server answers: a JSON value, or a status and a JSON value, or the text of an event stream. */
export type Answers = Readonly<Record<string, unknown>>;

/** Answers to every call of the client, by method and path. */
export function answersOf(text = 'text', measurement = measurementOf('reaches', text)): Answers {
  const batch: Batch = { done: 1, id: 7, total: 1, measurements: [measurement] };
  const killSwitch: KillSwitch = { scope: 'user', subject: '7', reason: text, setAt: TIME };
  const optOut: OptOut = { network: '192.0.2.0/24', kind: 'ipv4', reason: text };
  const optOutRequest: OptOutRequest = {
    id: 4,
    network: '192.0.2.0/24',
    state: 'pending',
    reason: text,
    email: text,
    contact: text,
    note: text,
    createdAt: TIME,
    expiresAt: TIME,
  };
  const contact: AbuseContact = { network: '192.0.2.0/24', email: text };
  const estimate: AtlasEstimate = { credits: 20, note: text, payer: 'user', probes: 2 };
  const sharing: SourceVisibility = { address: '198.51.100.1', visibility: 'shared', users: [text] };
  const user = userOf(text);
  const [agent, application, dataset] = [agentOf(text), applicationOf(text), datasetOf(text)];
  return {
    'POST /api/v1/revtr': {
      result_uri: 'http://server/api/v1/revtr?batchid=7',
      rejected: [{ at: text, code: 'notProbed', index: 0, message: text }],
    },
    'GET /api/v2/probes': { sets: [{ id: 8, createdAt: text, total: 1, done: 1 }] },
    'POST /api/v2/probes': { id: 8, total: 1, uri: text },
    'GET /api/v2/probes/8/events': `event: progress\ndata: {"total":1,"done":1}\n\nevent: complete\ndata: {"total":1}\n\n`,
    'GET /api/v2/probes/8': probeSetOf(text),
    'GET /api/v2/batches/7/events': `event: progress\ndata: {"total":1,"done":1}\n\nevent: complete\ndata: {"total":1}\n\n`,
    'GET /api/v2/batches/7': batch,
    'GET /api/v2/batches/7/waiting': {
      queued: 0,
      running: 0,
      startsInSeconds: 0,
      endsInSeconds: 0,
    } satisfies WaitingTime,
    'GET /api/v2/batches': { batches: [{ id: 7, total: 1, done: 1, createdAt: TIME, cancelledAt: TIME }] },
    'POST /api/v2/batches/7/cancel': { id: 7, total: 2, done: 1, cancelled: 1, cancelledAt: TIME },
    'GET /api/v2/batches/7/export': `${JSON.stringify(measurement)}\n`,
    'PUT /api/v2/measurements/1/publication': publicationOf(text),
    'DELETE /api/v2/measurements/1/publication': {},
    'GET /api/v2/measurements': { measurements: [measurement] },
    'GET /api/v2/watches': { watches: [watchOf(text)] },
    'POST /api/v2/watches': watchOf(text),
    'GET /api/v2/watches/3': watchOf(text),
    'PATCH /api/v2/watches/3': watchOf(text),
    'DELETE /api/v2/watches/3': watchOf(text),
    'POST /api/v2/watches/3/test': { delivered: false, error: text } satisfies WatchDelivery,
    'GET /api/v2/watches/3/runs': { runs: watchRunsOf(text) },
    'GET /api/v2/watches/3/changes': { changes: [watchChangeOf(text)] },
    'GET /api/v2/watches/3/alerts': { alerts: [watchAlertOf(text)] },
    'GET /api/v1/sources': { srcs: [{ ip: '198.51.100.1', hostname: text, site: text }] },
    'POST /api/v2/sources/applications': { id: 4, state: 'unverified' },
    'GET /api/v2/sources/applications': { applications: [application] },
    'POST /api/v2/sources/applications/4/approve': application,
    'POST /api/v2/sources/applications/4/refuse': application,
    'GET /api/v2/agents': { agents: [agent] },
    'POST /api/v2/agents': agent,
    'GET /api/v2/agents/192.0.2.7': agentDetailsOf(text),
    'POST /api/v2/agents/192.0.2.7/test': agent,
    'POST /api/v2/agents/192.0.2.7/quarantine': agent,
    'PUT /api/v2/agents/192.0.2.7/legacy': agent,
    'DELETE /api/v2/agents/192.0.2.7/legacy': agent,
    'DELETE /api/v2/agents/192.0.2.7': agent,
    'GET /api/v2/atlas/198.51.100.1': atlasOf(text),
    'GET /api/v2/atlas/198.51.100.1/estimate': estimate,
    'POST /api/v2/atlas/198.51.100.1/runs': runOf(text),
    'DELETE /api/v2/atlas/198.51.100.1/runs': atlasOf(text),
    'POST /api/v1/atlas/clean': {},
    'POST /api/v2/atlas/traceroutes': { added: 1, known: 0, untimely: 0, otherGateway: 0, unusable: 0 },
    'GET /api/v2/datasets': { datasets: [dataset] },
    'PUT /api/v2/datasets/prefix2as': dataset,
    'POST /api/v2/datasets/prefix2as/update': dataset,
    'GET /api/v2/mails': { mails: [mailOf(text)] },
    'POST /api/v2/mails/1/link': { ...mailOf(text), token: 'T' },
    'GET /api/v2/sources/198.51.100.1/visibility': sharing,
    'PUT /api/v2/sources/198.51.100.1/visibility': sharing,
    'GET /api/v2/account': { ...user, scopes: ['read', 'measure'] } satisfies Account,
    'GET /api/v2/account/export': `${JSON.stringify({ type: text, value: { text } })}\n`,
    'DELETE /api/v2/account': { id: 5 },
    'PUT /api/v2/account/archive': { isOffered: true, agreedAt: text },
    'GET /api/v2/archive': {
      ...{ directory: text, files: 2, results: 1, bytes: 9, pending: 0, writtenAt: text, completeAt: text },
      failure: text,
    },
    'POST /api/v2/migration': {
      ...{ users: [{ outcome: 'refused', reason: text, keys: 0 }], hosts: [{ outcome: 'refused', reason: text }] },
      traceroutes: { added: 0, known: 0, untimely: 0, unusable: 0 },
    },
    'POST /api/v2/imported-results': { added: 1, known: 0, invalid: 0 },
    'GET /api/v2/keys': { keys: [keyOf(text)] },
    'POST /api/v2/keys': { id: 6, key: 'revtr_new' },
    'POST /api/v2/keys/6/rotate': { id: 7, key: 'revtr_newer' },
    'DELETE /api/v2/keys/6': keyOf(text),
    'POST /api/v2/links': { purpose: 'collectKey', key: 'revtr_mailed' } satisfies RedeemedLink,
    'POST /api/v2/registrations': { state: 'mailed' },
    'GET /api/v2/users': { users: [user] },
    'POST /api/v2/users': user,
    'PATCH /api/v2/users/5': user,
    'POST /api/v2/users/5/link': user,
    'GET /api/v2/budgets': budgetsOf(text),
    'GET /api/v2/status': statusOf(text),
    'GET /api/v2/accuracy': accuracyOf(text),
    'GET /api/v2/self-audits': { selfAudits: [selfAuditOf(text)] },
    'DELETE /api/v2/suspensions/atlas.exact': { suspensions: [suspensionOf(text)] },
    'GET /api/v2/circuits': { circuits: [circuitOf(text)] },
    'GET /api/v2/opt-outs': { optOuts: [optOut] },
    'POST /api/v2/opt-outs': {},
    'POST /api/v2/opt-outs/import': { networks: 1 },
    'DELETE /api/v2/opt-outs': {},
    'GET /api/v2/opt-out-requests': { requests: [optOutRequest] },
    'POST /api/v2/opt-out-requests/4/accept': optOutRequest,
    'POST /api/v2/opt-out-requests/4/refuse': optOutRequest,
    'GET /api/v2/abuse-contacts': { contacts: [contact] },
    'PUT /api/v2/abuse-contacts': contact,
    'DELETE /api/v2/abuse-contacts': {},
    'GET /api/v2/kill-switches': { killSwitches: [killSwitch] },
    'PUT /api/v2/kill-switches': { killSwitches: [killSwitch] },
    'DELETE /api/v2/kill-switches': { killSwitches: [] },
    'GET /api/v2/audit': { records: [recordOf(text)], since: TIME },
    'GET /api/v2/audit/events': { events: [eventOf(text)] },
    'POST /api/v2/abuse-reports': abuseReportOf(text),
  };
}

/** An HTTP server on the loopback interface with the shapes of the API. */
export interface ApiServer {
  readonly url: string;
  /** Requests so far, as method and path, with their API keys and bodies. */
  readonly requests: readonly { readonly line: string; readonly key: unknown; readonly body: string }[];
  answers: Answers;
  /** Answers every request with this error, when it is set. */
  failure: { readonly status: number; readonly body: unknown } | undefined;
  stop(): Promise<void>;
}

export async function startApi(): Promise<ApiServer> {
  const requests: { line: string; key: unknown; body: string }[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const line = `${request.method} ${request.url?.replace(/\?.*/, '')}`;
    requests.push({ line, key: request.headers['revtr-key'], body: Buffer.concat(chunks).toString() });
    const answer = api.answers[line];
    if (api.failure !== undefined) response.writeHead(api.failure.status).end(JSON.stringify(api.failure.body));
    else if (typeof answer === 'string') response.writeHead(200, { 'content-type': 'text/event-stream' }).end(answer);
    else if (answer === undefined)
      response.writeHead(404).end(JSON.stringify({ error: { code: 'notFound', message: line, details: [] } }));
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const api: ApiServer = {
    url: `http://127.0.0.1:${port}`,
    requests,
    answers: answersOf(),
    failure: undefined,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return api;
}
