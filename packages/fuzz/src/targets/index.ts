import type { Target } from '../target.ts';

type Open = () => Target | Promise<Target>;

/**
 * All targets by name. The modules are loaded with the target: only what is imported after coverage has been installed is measured, and
 * a target measures no other package than its own.
 */
export const TARGETS: Readonly<Record<string, () => Promise<Open>>> = {
  'icmp-packet': async () => (await import('./packets.ts')).icmpPacket,
  'ip-options': async () => (await import('./packets.ts')).ipOptions,
  'icmp-quote': async () => (await import('./packets.ts')).icmpQuote,
  'opt-out-list': async () => (await import('./opt-outs.ts')).optOutList,
  warts: async () => (await import('./scamper.ts')).warts,
  'warts-record': async () => (await import('./scamper.ts')).wartsRecord,
  'scamper-control': async () => (await import('./scamper.ts')).scamperControl,
  'scamper-remote': async () => (await import('./scamper.ts')).scamperRemote,
  uuencode: async () => (await import('./scamper.ts')).uuencode,
  'link-to-agent': async () => (await import('./link.ts')).linkToAgent,
  'link-to-controller': async () => (await import('./link.ts')).linkToController,
  grant: async () => (await import('./link.ts')).grant,
  'grant-content': async () => (await import('./link.ts')).grantContent,
  'grant-certificate': async () => (await import('./link.ts')).grantCertificate,
  'enrolment-request': async () => (await import('./link.ts')).enrolmentRequest,
  'enrolment-der': async () => (await import('./link.ts')).enrolmentDer,
  'ripe-result': async () => (await import('./ripe-atlas.ts')).ripeResult,
  'ripe-stream': async () => (await import('./ripe-atlas.ts')).ripeStream,
  'ripe-answers': async () => (await import('./ripe-atlas.ts')).ripeAnswers,
  ...datasetTargets([
    'prefix2as',
    'ipasn',
    'mmdb',
    'geolocation',
    'exchangeAddresses',
    'peeringdbAddresses',
    'peeringdbPrefixes',
    'as2org',
    'relationships',
    'itdkNodes',
    'midarSets',
    'hitlist',
    'ripeProbes',
  ]),
  'mysql-dump': async () => (await import('./mysql-dump.ts')).mysqlDump,
  'public-traceroutes': async () => (await import('./public-traceroutes.ts')).publicTraceroutes,
  'dataset-gzip': async () => (await import('./datasets.ts')).datasetGzip,
  'dataset-bzip2': async () => (await import('./datasets.ts')).datasetBzip2,
  'bzip2-decoder': async () => (await import('./datasets.ts')).bzip2Decoder,
  'dataset-sources': async () => (await import('./datasets.ts')).datasetSources,
  'agent-config': async () => (await import('./config.ts')).agentConfig,
  'agent-environment': async () => (await import('./config.ts')).agentEnvironment,
  'agent-arguments': async () => (await import('./config.ts')).agentArguments,
  settings: async () => (await import('./config.ts')).settings,
  record: async () => (await import('./records.ts')).record,
  'bus-message': async () => (await import('./bus.ts')).busMessage,
  'mailed-application': async () => (await import('./client.ts')).mailedApplication,
  'client-events': async () => (await import('./client.ts')).clientEvents,
  'cli-escape': async () => (await import('./client.ts')).cliEscape,
  'grpc-run-request': async () => (await import('./grpc.ts')).grpcRunRequest,
  api: async () => (await import('./api.ts')).api,
};

/** Names of all targets. */
export const TARGET_NAMES: readonly string[] = Object.keys(TARGETS);

function datasetTargets(kinds: readonly Parameters<typeof import('./datasets.ts').datasetOf>[0][]) {
  return Object.fromEntries(
    kinds.map((kind) => [
      `dataset-${kind.toLowerCase()}`,
      async (): Promise<Open> => (await import('./datasets.ts')).datasetOf(kind),
    ]),
  );
}
