import {
  type Aliases,
  Atlas,
  defaultPlan,
  type EngineCollaborators,
  type IpToAs,
  type Relations,
  ReverseTracerouteEngine,
} from '@revtr/engine';
import { formatIpv4, type Ipv4Address } from '@revtr/net';
import { ConnectedAgents } from '../agents/connected-agents.ts';
import { Coalescer } from '../foundation/coalescer.ts';
import type { AgentGatewayCollaborators, AgentGatewayOptions } from './agent-gateway.ts';
import { AgentNetwork } from './agent-network.ts';
import { LinkProber } from './link-prober.ts';
import type { MeasuringSystem, OpenMeasuringSystem } from './measuring-system.ts';
import { DEFAULT_OUTAGE_DETECTION, OutageDetector } from './outages/outage-detector.ts';
import { ReferenceTargets } from './outages/reference-targets.ts';

/** How long measuring waits after a start for agents that were there before, milliseconds. */
const SETTLE_MS = 20_000;
/** Least time between two changes of the list of ranked vantage points, milliseconds. */
const RANK_EVERY_MS = 1_000;
/** How long a probe waits for a registered agent that is not connected, milliseconds. */
const PATIENCE_MS = 60_000;

/** Measures with agents that connect to a gateway. */
export function agentSystem(
  options: AgentGatewayOptions,
  facts: { readonly ipToAs: IpToAs; readonly aliases: Aliases; readonly relations: Relations },
  collaborators: Pick<AgentGatewayCollaborators, 'agentClock'>,
): OpenMeasuringSystem {
  return async (parts): Promise<MeasuringSystem> => {
    const { directory, events, switches, targetPolicy, metrics, auditEvents, testTargets, clock, log, tracing } = parts;
    const { ipToAs, aliases, relations } = facts;
    const ranking = defaultPlan.ranking({ vantagePoints: [] }, { ipToAs, clock });
    // When all agents connect again at once, each of them changes the list of vantage points several times.
    const rankNow = (): void => ranking.setVantagePoints(vantagePoints());
    const ranked = new Coalescer({ everyMs: RANK_EVERY_MS }, { clock, work: rankNow });
    const rank = (): void => ranked.trigger();
    const network = await AgentNetwork.open(options, {
      ...parts,
      ...collaborators,
      onJoined: (address) => prober.joined(address),
      onLeft: rank,
      onHealth: (address) => {
        outages.noteChange(address);
        rank();
      },
    });
    const connected = new ConnectedAgents({ directory, sessionOf: (address) => network.usable(address) });
    const isAble = (address: Ipv4Address): boolean => connected.measures(address) && !outages.isSuspended(address);
    const vantagePoints = (): Ipv4Address[] =>
      connected
        .ready('vantagePoint')
        .filter(({ address, can_spoof }) => can_spoof && !switches.isSet('vantagePoint', formatIpv4(address)))
        .map(({ address }) => address)
        .filter(isAble);
    const onForged = (address: Ipv4Address): void => {
      metrics.refused('reply');
      auditEvents.count({ kind: 'replyForged', client: formatIpv4(address) });
      log.warn({ agent: formatIpv4(address) }, 'rejected a spoofed reply that does not match its probe');
    };
    const prober = new LinkProber(
      { patienceMs: PATIENCE_MS },
      { agents: network, directory, targetPolicy, clock, onForged, tracing },
    );
    const canAnswer = (host: Ipv4Address, address: Ipv4Address): boolean =>
      address !== host && !outages.isSuspended(address);
    const references = new ReferenceTargets({
      candidates: (host) =>
        [...testTargets, ...connected.participating().map(({ address }) => address)].filter((address) =>
          canAnswer(host, address),
        ),
      isReference: (address) => testTargets.includes(address) || directory.participates(address),
      isCandidate: (host, address) =>
        canAnswer(host, address) &&
        (testTargets.includes(address) || (directory.participates(address) && connected.has(address))),
    });
    const outages = new OutageDetector(DEFAULT_OUTAGE_DETECTION, {
      prober: parts.guarded(prober),
      references,
      canMeasure: (host) => connected.measures(host),
      participates: (host) => directory.participates(host),
      onChange: (_, isSuspended) => {
        if (isSuspended) metrics.hostSuspended();
        rank();
      },
      clock,
      log,
    });
    metrics.observeSuspended(() => outages.suspended);
    events.subscribe({ joined: rank });
    directory.subscribe(rank);
    // What an operator has stopped or lifted is in effect when the operator is told so.
    switches.subscribe(rankNow);
    const engineParts: EngineCollaborators = {
      prober: outages,
      hosts: outages,
      withTechnique: parts.withTechnique,
      calibration: parts.calibration,
      clock,
      atlas: new Atlas({ aliases, ipToAs }),
      ranking,
      aliases,
      ipToAs,
      relations,
      mayProbe: (address) => targetPolicy.mayProbe(address),
    };
    return {
      engine: new ReverseTracerouteEngine({ plan: defaultPlan }, engineParts),
      engineParts,
      learnedRanking: ranking,
      get rootCertificate() {
        return network.rootCertificate;
      },
      vantagePoints,
      sources: () =>
        connected
          .ready('source')
          .map(({ address }) => address)
          .filter(isAble),
      connected,
      expel: (address, reason) => network.expel(address, reason),
      publishOptOut: () => network.publishOptOut(),
      start: async () => {
        outages.start();
        await network.start();
      },
      delayMs: () => prober.delayMs,
      settled: (signal) => network.settled(SETTLE_MS, signal),
      stop: async () => {
        await outages.stop();
        await network.stop();
        ranked.stop();
      },
    };
  };
}
