import type {
  AbuseReport,
  Accuracy,
  Agent,
  AgentDetails,
  ApiKey,
  Application,
  Atlas,
  AtlasRun,
  AuditEvent,
  AuditRecord,
  Budgets,
  Circuit,
  Dataset,
  Mail,
  Measurement,
  ProbeSet,
  Publication,
  SelfAudit,
  Suspension,
  SystemStatus,
  User,
  Watch,
  WatchAlert,
  WatchChange,
  WatchRun,
} from '@revtr/client';

/** Text that takes over a terminal which prints it: colours, window title, cursor movement, C1 control, reordering, a forged line. */
export const HOSTILE = 'evil\u001b[31m\u001b]0;owned\u0007\u009b2J\u202e\u2066\u200b\r\nforged\u0000\u007f\u2028\ud800';

export const TIME = '2026-11-20T10:00:00.000Z';
const STATS = {
  atlasMs: 0,
  atlasQueries: 1,
  plainPings: 0,
  recordRouteMs: 0,
  recordRoutePings: 1,
  recordRouteRounds: 1,
  spoofedRecordRouteMs: 0,
  spoofedRecordRoutePings: 2,
  spoofedRecordRouteRounds: 1,
  spoofedTimestampPings: 0,
  symmetryMs: 0,
  timestampPings: 0,
  tracerouteProbes: 1,
  traceroutes: 0,
};

type Result = NonNullable<Measurement['result']>;

export const publicationOf = (text: string): Publication => ({
  ...{
    measurementId: 1,
    publishedAt: TIME,
    token: text,
    url: text,
    svg: text,
    png: text,
    embed: text,
    embedCode: text,
  },
});

/** A measurement as the API returns it, with `text` in every string that comes from other people or the network. */
export function measurementOf(stopReason: Result['stopReason'] | 'unfinished', text = 'text'): Measurement {
  const base = { batchId: 7, createdAt: TIME, destination: '192.0.2.1', id: 1, label: text, source: '198.51.100.1' };
  if (stopReason === 'unfinished') return { ...base, state: 'running' };
  const hop = { confidence: 0.994, evidence: { type: text }, reason: text, name: text, asName: text, asn: 64_500 };
  return {
    ...base,
    state: 'done',
    result: {
      attempts: [{ detail: text, hop: '192.0.2.1', ms: 1, outcome: 'nothingFound', technique: text }],
      startedAt: 1_000,
      endedAt: 2_234,
      plan: 'default',
      stats: STATS,
      stopReason,
      ...(stopReason === 'failed' && { failReason: { code: 'unresponsive', hop: '192.0.2.1', message: text } }),
      forward: { stop: text, hops: [{ ttl: 1, address: '198.51.100.2', rttMs: 1.25 }, { ttl: 2 }] },
      hops: [
        { ...hop, address: '192.0.2.1', technique: 'destination', trust: 'measured', type: 1, rttMs: 12.34 },
        {
          ...hop,
          address: '203.0.113.5',
          alternatives: ['203.0.113.6'],
          technique: 'spoofedRecordRoute',
          trust: 'inferred',
          type: 4,
          reusedAgeMs: 5,
        },
        {
          address: '198.51.100.1',
          technique: 'assumedInterdomain',
          trust: 'assumed',
          type: 6,
          confidence: 0.5,
          evidence: {},
          reason: text,
        },
      ],
    },
  };
}

export const agentOf = (text: string): Agent => ({
  address: '192.0.2.7',
  canSpoof: true,
  connected: false,
  hostname: text,
  kind: 'vantagePoint',
  legacy: true,
  quarantine: { by: 'operator', level: 1, reason: text },
  site: text,
  state: 'quarantined',
});

export const agentDetailsOf = (text: string): AgentDetails => ({
  ...agentOf(text),
  atlas: { reason: text, state: 'failed', traceroutes: 3 },
  tests: [
    {
      cause: text,
      testedAt: TIME,
      report: {
        verdict: 'failed',
        tests: [
          {
            name: 'receiveRecordRoute',
            verdict: 'failed',
            isRequired: false,
            evidence: [{ ok: false, sender: text, target: text, detail: text }],
          },
          { name: 'receiveSpoofed', verdict: 'notTested', reason: text, isRequired: true, evidence: [] },
        ],
        selfTests: [{ name: text, ok: false, message: text }],
      },
    },
  ],
});

export const runOf = (text: string): AtlasRun => ({
  cause: 'asked',
  done: 2,
  estimatedCredits: 20,
  id: 3,
  measurements: [],
  notes: [text],
  payer: 'user',
  phase: 'done',
  probes: 2,
  reason: text,
  report: { answered: 1, arrived: 1, faults: 0, recordRoutePings: 2, traceroutes: 2 },
  spentCredits: 20,
  startedAt: TIME,
  state: 'done',
  total: 2,
});

export const atlasOf = (text: string): Atlas => ({
  agesMs: { median: 60_000, newest: 1_000, oldest: 90 * 3_600_000 },
  contradictions: { asLoop: 0, bounds: 0, branch: 0, order: 0 },
  hops: 5,
  networks: 2,
  onDemand: { credits: 120, traceroutes: 2 },
  paths: { publicTraceroute: 4, reverseTraceroute: 1, ripeAtlas: 2, vantagePoint: 3 },
  placedBetween: 1,
  placedExactly: 2,
  routers: 4,
  runs: [runOf(text)],
  source: '198.51.100.1',
  used: 1,
});

export const datasetOf = (text: string): Dataset => ({
  current: { bytes: 10, entries: 5, from: text, importedAt: TIME, sha256: '0'.repeat(64) },
  failure: { at: text, code: 'badLine', message: text },
  hasSource: true,
  kind: 'prefix2as',
  title: text,
});

export const applicationOf = (text: string): Application => ({
  address: '192.0.2.9',
  createdAt: TIME,
  email: text,
  hasAccount: false,
  hosting: text,
  id: 4,
  name: text,
  note: text,
  reason: text,
  state: 'approved',
});

export const mailOf = (text: string): Mail => ({
  attempts: 1,
  body: `first line\n${text}`,
  createdAt: TIME,
  hasLink: true,
  id: 1,
  lastError: text,
  recipient: text,
  subject: text,
});

export const recordOf = (text: string): AuditRecord => ({
  at: TIME,
  kind: 'recordRoute',
  packets: 1,
  agent: '192.0.2.7',
  target: '192.0.2.1',
  spoofed: { source: '198.51.100.1', identifier: 1, sequence: 2 },
  cause: 'measurement',
  technique: 'spoofedRecordRoute',
  measurement: 5,
  batch: 7,
  user: { id: 2, email: text },
  key: 9,
});

export const eventOf = (text: string): AuditEvent => ({
  at: TIME,
  kind: text,
  user: { id: 2, email: text },
  client: text,
  subject: text,
  detail: text,
  count: 3,
  status: 200,
});

export const abuseReportOf = (text: string): AbuseReport => ({
  prefix: '192.0.2.1/32',
  reason: text,
  since: TIME,
  probes: 1,
  packets: 1,
  byAgent: [{ agent: text, probes: 1 }],
  byTarget: [{ target: text, probes: 1 }],
  byUser: [{ user: { id: 2, email: text }, probes: 1 }, { probes: 1 }],
  records: [recordOf(text)],
});

export const userOf = (text: string): User => ({
  createdAt: TIME,
  disabled: true,
  email: text,
  id: 5,
  limits: { parallel: 1, perDay: 2, perMinute: 3 },
  name: text,
  role: 'user',
  weight: 1,
});

export const keyOf = (text: string): ApiKey => ({
  createdAt: TIME,
  expiresAt: TIME,
  fingerprint: '00000000',
  id: 6,
  isCurrent: true,
  name: text,
  scopes: ['read'],
});

const BUDGETS: Budgets = {
  longestWaitSeconds: 30,
  limits: [
    {
      kind: 'destination',
      packetsPerSecond: 10,
      packetsPerDay: 1_000,
      optionPacketsPerSecond: 5,
      optionPacketsPerDay: 300,
    },
  ],
  closest: [],
};

export const budgetsOf = (text: string): Budgets => ({
  ...BUDGETS,
  closest: [{ kind: 'destination', subject: text, packets: 400, optionPackets: 300, share: 1 }],
});

const rate = { count: 9, total: 10, share: 0.9, low: 0.6, high: 0.98 };
const hopRate = { ...rate, meanConfidence: 0.95, unjudged: 3 };

export const suspensionOf = (text: string): Suspension => ({ kind: text, since: TIME, recent: rate, floor: 0.85 });

export const accuracyOf = (text: string): Accuracy => ({
  from: TIME,
  to: TIME,
  auditsPerDay: 240,
  audits: { judged: 10, pathChanged: 1, noTruth: 2, notMeasured: 3 },
  reached: rate,
  asPathExact: rate,
  routersFound: rate,
  hops: hopRate,
  kinds: [{ ...hopRate, kind: text, technique: text }],
  calibrationError: 0.01,
  ranges: [{ ...hopRate, from: 0.9, to: 0.95 }],
  networks: [{ asn: 64_500, name: text, audits: 10, hops: hopRate }],
  suspensions: [suspensionOf(text)],
});

export const selfAuditOf = (text: string): SelfAudit => ({
  id: 8,
  startedAt: TIME,
  host: '192.0.2.7',
  source: '198.51.100.1',
  outcome: 'judged',
  detail: text,
  isRetry: true,
  reached: true,
  asPathExact: false,
  routers: 5,
  routersFound: 4,
  hops: [{ address: '203.0.113.9', kind: text, confidence: 0.9, verdict: 'wrong', reason: text }],
});

export const statusOf = (text: string): SystemStatus => ({
  isReady: false,
  parts: [{ name: text, outcome: 'tooSlow' }],
  startedAt: TIME,
  queue: { queued: 3, running: 2, oldestAt: TIME },
  rawProbes: { queued: 1, running: 0, oldestAt: TIME },
  processes: [
    { role: 'api', count: 2 },
    { role: 'engine', count: 0 },
  ],
  mails: { waiting: 4, failing: 1, oldestAt: TIME },
  agents: [
    { kind: 'source', state: 'ready', count: 1 },
    { kind: 'vantagePoint', state: 'quarantined', count: 2 },
  ],
  connectedAgents: 1,
  datasets: [{ kind: text, importedAt: TIME, hasFailed: true }],
  ripeAtlasCredits: { refresh: 60, onDemand: 120 },
  killSwitches: [{ scope: 'target', count: 2 }],
});

export const circuitOf = (text: string): Circuit => ({
  kind: 'as',
  subject: text,
  name: text,
  state: 'open',
  reason: 'prohibited',
  share: 0.4,
  usualShare: 0.01,
  since: TIME,
  retryAt: TIME,
});

export const watchOf = (text: string): Watch => ({
  id: 3,
  name: text,
  source: '198.51.100.1',
  destination: '192.0.2.1',
  intervalSeconds: 900,
  state: 'paused',
  pauseReason: 'keyRevoked',
  createdAt: TIME,
  alerts: { on: ['path', 'asPath'], mail: true, webhook: text, webhookDisabledAt: TIME },
  webhookSecret: text,
});

export const watchRunsOf = (text: string): WatchRun[] => [
  {
    id: 9,
    startedAt: TIME,
    isConfirmation: true,
    outcome: 'measured',
    detail: '',
    verdict: 'changed',
    path: 2,
    reach: 'notReached',
    rttMs: 12.3,
    hops: 4,
    asPath: [64_500, 64_501],
  },
  { id: 8, startedAt: TIME, isConfirmation: false, outcome: 'notMeasured', detail: text },
];

export const watchChangeOf = (text: string): WatchChange => {
  const side = {
    at: text,
    reach: 'reached',
    rttMs: 10,
    asPath: [64_500],
    hops: [{ address: text, asn: 64_500 }],
  } as const;
  return {
    id: 5,
    runId: 9,
    at: text,
    kinds: ['path', 'asPath'],
    before: { ...side, asPath: [64_500], hops: [...side.hops] },
    after: { ...side, asPath: [64_501], hops: [...side.hops] },
  };
};

export const watchAlertOf = (text: string): WatchAlert => ({
  id: 6,
  changeId: 5,
  channel: 'webhook',
  type: text,
  messageId: text,
  state: 'dead',
  attempts: 8,
  status: 500,
  error: text,
  createdAt: TIME,
  endedAt: TIME,
});

export function probeSetOf(text: string): ProbeSet {
  const times = { startedAt: 1_700_000_000_000, endedAt: 1_700_000_000_500 };
  const reply = { sequence: 0, sentAt: times.startedAt, from: text, icmpType: 3, icmpCode: 1, rttMs: 12.34, ttl: 57 };
  const timestamps = [{ address: text, milliseconds: 5 }, { address: text }];
  const asked = { from: text, to: text, count: 1, label: text, state: 'done' } as const;
  return {
    ...{ id: 8, createdAt: TIME, total: 2, done: 2 },
    probes: [
      {
        ...{ ...asked, id: 1, type: 'timestamp', as: text },
        result: { ...times, sent: 1, replies: [{ ...reply, recordRoute: [text], timestamps }] },
      },
      {
        ...{ ...asked, id: 2, type: 'traceroute' },
        result: {
          ...{ ...times, sent: 2, stop: 'gapLimit', failure: { code: text, message: text } },
          hops: [{ ttl: 1, from: text, rttMs: 1, labels: [16] }, { ttl: 2 }],
        },
      },
    ],
  };
}
