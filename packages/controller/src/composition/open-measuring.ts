import type { Ipv4Address } from '@revtr/net';
import { Agents, OptOuts, SourceShares } from '@revtr/storage';
import { AgentEvents } from '../agents/agent-events.ts';
import { AgentDirectory } from '../agents/directory.ts';
import { PublishedOptOuts } from '../agents/published-opt-outs.ts';
import { SourceAccess } from '../agents/source-access.ts';
import type { MeasuringSystem, OpenMeasuringSystem } from '../measuring/measuring-system.ts';
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

/** Reads the registered agents and the opt-out list, and opens what measurements are made with. */
export async function openMeasuring(
  context: Context,
  open: OpenMeasuringSystem,
  options: {
    readonly safety: Pick<SafetySubsystem, 'guarded' | 'switches'>;
    readonly testTargets: readonly Ipv4Address[];
  },
): Promise<MeasuringSubsystem> {
  const { database, targetPolicy, metrics, clock, log } = context;
  const directory = await AgentDirectory.open(new Agents(database.db));
  const table = new OptOuts(database.db);
  const published = new PublishedOptOuts({ optOuts: table, targetPolicy });
  await published.refresh();
  const events = new AgentEvents();
  const { safety, testTargets } = options;
  const system = await open({
    directory,
    events,
    optOuts: published,
    targetPolicy,
    metrics,
    switches: safety.switches,
    guarded: (prober) => safety.guarded(prober),
    testTargets,
    clock,
    log,
  });
  return {
    name: 'measuring',
    directory,
    sourceAccess: new SourceAccess({ directory, shares: new SourceShares(database.db) }),
    events,
    optOuts: { table, published },
    system,
    start: () => system.start(),
    stop: () => system.stop(),
  };
}
