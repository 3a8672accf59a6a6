import { Agents, OptOuts } from '@revtr/storage';
import { AgentEvents } from '../agents/agent-events.ts';
import { AgentDirectory } from '../agents/directory.ts';
import { PublishedOptOuts } from '../agents/published-opt-outs.ts';
import type { MeasuringSystem, OpenMeasuringSystem } from '../measuring/measuring-system.ts';
import type { Context } from './context.ts';
import type { SafetySubsystem } from './open-safety.ts';
import type { Subsystem } from './subsystem.ts';

export interface MeasuringSubsystem extends Subsystem {
  readonly directory: AgentDirectory;
  readonly events: AgentEvents;
  readonly optOuts: { readonly table: OptOuts; readonly published: PublishedOptOuts };
  readonly system: MeasuringSystem;
}

/** Reads the registered agents and the opt-out list, and opens what measurements are made with. */
export async function openMeasuring(
  context: Context,
  open: OpenMeasuringSystem,
  { guarded, withTechnique, auditEvents }: SafetySubsystem,
): Promise<MeasuringSubsystem> {
  const { database, targetPolicy, metrics, clock, log } = context;
  const directory = await AgentDirectory.open(new Agents(database.db));
  const table = new OptOuts(database.db);
  const published = new PublishedOptOuts({ optOuts: table, targetPolicy });
  await published.refresh();
  const events = new AgentEvents();
  const shared = { directory, events, optOuts: published, targetPolicy, metrics, clock, log };
  const system = await open({ ...shared, guarded, withTechnique, auditEvents });
  return {
    name: 'measuring',
    directory,
    events,
    optOuts: { table, published },
    system,
    start: () => system.start(),
    stop: () => system.stop(),
  };
}
