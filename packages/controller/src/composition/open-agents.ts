import { formatIpv4, type Ipv4Address } from '@revtr/net';
import { AgentTests, Applications, Users } from '@revtr/storage';
import { type AgentTesting, serveAgentTests, sharedAgentTesting } from '../agents/agent-testing.ts';
import { LifeCycle, type LifeCycleOptions } from '../agents/life-cycle.ts';
import type { OwnerNotices } from '../agents/owner-notices.ts';
import { SourceApplications } from '../agents/source-applications.ts';
import type { UserLimits } from '../agents/user-limits.ts';
import type { SourceAtlases } from '../atlas/source-atlases.ts';
import type { RecipientLimit } from '../foundation/recipient-limit.ts';
import { MigrationService } from '../migration/migration-service.ts';
import type { Context } from './context.ts';
import type { RoleDuty } from './duties.ts';
import type { MeasuringSubsystem } from './open-measuring.ts';
import type { SafetySubsystem } from './open-safety.ts';
import type { Subsystem } from './subsystem.ts';

export interface AgentsSubsystem extends Subsystem {
  readonly tests: AgentTests;
  readonly life: AgentTesting;
  readonly applications: { readonly table: Applications; readonly decisions: SourceApplications };
  readonly migration: MigrationService;
}

export interface AgentsOptions {
  readonly lifeCycle: LifeCycleOptions;
  readonly newUserLimits: UserLimits;
}

/** Opens the life cycle of agents: applications, tests, quarantine. */
export function openAgents(
  { database, targetPolicy, clock, random, log, cluster }: Context,
  { lifeCycle, newUserLimits }: AgentsOptions,
  collaborators: {
    readonly measuring: MeasuringSubsystem;
    readonly safety: Pick<SafetySubsystem, 'proofs' | 'recorded' | 'switches'>;
    readonly duty: RoleDuty;
    readonly atlas: SourceAtlases;
    readonly notices: OwnerNotices;
    readonly recipients: RecipientLimit;
  },
): AgentsSubsystem {
  const { duty, measuring, safety, atlas, notices, recipients } = collaborators;
  const { directory, events, system } = measuring;
  const { bus, isShared } = cluster;
  let stopServing = (): void => undefined;
  const tests = new AgentTests(database.db);
  const life = new LifeCycle(lifeCycle, {
    directory,
    connected: system.connected,
    tests,
    prober: system.engineParts.prober,
    proofs: safety.proofs,
    recorded: safety.recorded,
    switches: safety.switches,
    optOuts: measuring.optOuts.published,
    targetPolicy,
    atlas,
    notices,
    clock: duty.clock,
    random: () => random.next(),
    log,
  });
  const table = new Applications(database.db);
  const decisions = new SourceApplications(
    { limits: newUserLimits },
    { applications: table, users: new Users(database.db), directory, notices, recipients, targetPolicy, clock },
  );
  const migration = new MigrationService(
    { limits: newUserLimits },
    { users: new Users(database.db), directory, targetPolicy },
  );
  const joined = (address: Ipv4Address): void => {
    if (!duty.isHere()) return;
    life
      .joined(address)
      .catch((error: unknown) => log.error({ err: error, agent: formatIpv4(address) }, 'an agent could not be tested'));
  };
  let isStarted = false;
  const begin = (): void => {
    if (!duty.isHere()) return;
    life.resume();
    if (isShared && isStarted) stopServing = serveAgentTests(bus, life);
  };
  duty.onEnd(async () => {
    stopServing();
    stopServing = () => undefined;
    await life.pause();
  });
  duty.onBegin(() => {
    begin();
    // Agents that joined while no process tested agents.
    for (const { address, state } of directory.list())
      if (state === 'expected' && system.connected.has(address)) joined(address);
  });
  events.subscribe({
    joined,
    replaced: (address) => {
      const agent = directory.find(address);
      log.warn({ agent: formatIpv4(address) }, 'an agent received a new certificate in place of its previous one');
      if (agent === undefined) return;
      notices
        .identityReplaced(agent)
        .catch((error: unknown) => log.error({ err: error }, 'the owner of an agent could not be informed'));
    },
  });
  return {
    name: 'agents',
    tests,
    life: isShared ? sharedAgentTesting({ bus, life, isHere: duty.isHere, directory }) : life,
    applications: { table, decisions },
    migration,
    start: () => {
      life.start();
      isStarted = true;
      begin();
    },
    stop: async () => {
      stopServing();
      await life.stop();
    },
  };
}
