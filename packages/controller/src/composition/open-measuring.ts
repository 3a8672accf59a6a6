import type { Calibration, WithTechnique } from '@revtr/engine';
import { formatIpv4, type Ipv4Address, type PrefixColumns, parseIpv4 } from '@revtr/net';
import { Agents, OptOuts, SourceShares } from '@revtr/storage';
import type { Tracing } from '@revtr/tracing';
import { AgentEvents } from '../agents/agent-events.ts';
import { AgentDirectory } from '../agents/directory.ts';
import { SourceAccess } from '../agents/source-access.ts';
import type { ClusterParts } from '../cluster/cluster-parts.ts';
import { Coalescer } from '../foundation/coalescer.ts';
import { Periodic } from '../foundation/periodic.ts';
import type { MeasuringSystem, OpenMeasuringSystem } from '../measuring/measuring-system.ts';
import { PublishedOptOuts } from '../opt-outs/published-opt-outs.ts';
import type { Context } from './context.ts';
import type { SafetySubsystem } from './open-safety.ts';
import type { Subsystem } from './subsystem.ts';

export interface MeasuringSubsystem extends Subsystem {
  readonly directory: AgentDirectory;
  readonly sourceAccess: SourceAccess;
  readonly events: AgentEvents;
  readonly optOuts: { readonly table: OptOuts; readonly published: PublishedOptOuts };
  readonly system: MeasuringSystem;
}

/** Tells the other processes what this one has changed about agents and opt-outs, and reads what they have changed. */
function shareRecords({ changes }: ClusterParts, directory: AgentDirectory, published: PublishedOptOuts): void {
  directory.onWritten((address) => changes.announce({ type: 'agent', address: formatIpv4(address) }));
  changes.on(
    'agent',
    ({ address }) => directory.refresh(parseIpv4(address)),
    () => directory.refreshAll(),
  );
  published.onWritten(() => changes.announce({ type: 'optOuts' }));
  changes.on(
    'optOuts',
    () => published.refresh(),
    () => published.refreshIfChanged(),
  );
}

/** Records each use of a technique as a span. */
const tracedTechnique =
  (withTechnique: WithTechnique, tracing: Tracing): WithTechnique =>
  (technique, work) =>
    tracing.child(technique, {}, () => withTechnique(technique, work));

/** Changes of the opt-out list that follow each other are sent to agents together, at most this much later, milliseconds. */
const PUBLISH_EVERY_MS = 1_000;
/** How often the opt-out list is looked at although nobody has said that it has changed, milliseconds: who said so may have been cut off. */
const LOOK_AT_OPT_OUTS_MS = 1_000;

/** Reads the registered agents and the opt-out list, and opens what measurements are made with. */
export async function openMeasuring(
  context: Context,
  open: OpenMeasuringSystem,
  options: {
    readonly safety: SafetySubsystem;
    readonly testTargets: readonly Ipv4Address[];
    readonly calibration: Calibration;
  },
): Promise<MeasuringSubsystem> {
  const { database, datasets, targetPolicy, metrics, clock, log, cluster, tracing } = context;
  const directory = await AgentDirectory.open(new Agents(database.db));
  const table = new OptOuts(database.db);
  const announced = (): PrefixColumns | undefined =>
    (datasets.store.values.prefix2as ?? datasets.store.values.ipasn)?.columns;
  const published = new PublishedOptOuts({ optOuts: table, targetPolicy, announced });
  await published.refresh();
  if (published.isUnresolved)
    log.error(
      'AS numbers opted out of probing, and no dataset says what they announce (revtr data import prefix2as FILE)',
    );
  const events = new AgentEvents();
  const { safety, testTargets, calibration } = options;
  const system = await open({
    directory,
    events,
    optOuts: published,
    targetPolicy,
    metrics,
    switches: safety.switches,
    guarded: safety.guarded,
    withTechnique: tracedTechnique(safety.withTechnique, tracing),
    auditEvents: safety.auditEvents,
    testTargets,
    calibration,
    clock,
    log,
    cluster,
    tracing,
  });
  shareRecords(cluster, directory, published);
  const publishing = new Coalescer({ everyMs: PUBLISH_EVERY_MS }, { clock, work: () => system.publishOptOut() });
  published.subscribe(() => publishing.trigger());
  const looking = new Periodic(
    { everyMs: LOOK_AT_OPT_OUTS_MS },
    {
      clock,
      work: () => published.refreshIfChanged(),
      onError: (error) => log.error({ err: error }, 'the opt-out list could not be read'),
    },
  );
  datasets.store.onReplaced((kind) => {
    if (kind === 'prefix2as' || kind === 'ipasn') published.resolve();
  });
  return {
    name: 'measuring',
    directory,
    sourceAccess: new SourceAccess({ directory, shares: new SourceShares(database.db) }),
    events,
    optOuts: { table, published },
    system,
    start: () => {
      if (cluster.isShared) looking.start();
      return system.start();
    },
    stop: async () => {
      await looking.stop();
      publishing.stop();
      await system.stop();
    },
  };
}
