import {
  type Aliases,
  Atlas,
  defaultPlan,
  type EngineCollaborators,
  type IpToAs,
  type Relations,
  ReverseTracerouteEngine,
} from '@revtr/engine';
import type { Ipv4Address } from '@revtr/net';
import { ConnectedAgents } from '../agents/connected-agents.ts';
import { AgentGateway, type AgentGatewayOptions } from './agent-gateway.ts';
import type { MeasuringSystem, OpenMeasuringSystem } from './measuring-system.ts';

/** How long measuring waits after a start for agents that were there before, milliseconds. */
const SETTLE_MS = 20_000;

/** Measures with agents that connect to a gateway. */
export function agentSystem(
  options: AgentGatewayOptions,
  facts: { readonly ipToAs: IpToAs; readonly aliases: Aliases; readonly relations: Relations },
): OpenMeasuringSystem {
  return async (parts): Promise<MeasuringSystem> => {
    const { directory, events, targetPolicy, clock, log } = parts;
    const { ipToAs, aliases, relations } = facts;
    const ranking = defaultPlan.ranking({ vantagePoints: [] }, { ipToAs, clock });
    const connected = new ConnectedAgents({ directory, sessionOf: (address) => gateway.hub.sessionOf(address) });
    const vantagePoints = (): Ipv4Address[] =>
      connected.ready('vantagePoint').flatMap(({ address, can_spoof }) => (can_spoof ? [address] : []));
    const rank = (): void => ranking.setVantagePoints(vantagePoints());
    const gateway = await AgentGateway.create(options, {
      ...parts,
      onLeft: rank,
    });
    events.subscribe({ joined: rank });
    directory.subscribe(rank);
    const engineParts: EngineCollaborators = {
      prober: parts.guarded(gateway.prober),
      withTechnique: parts.withTechnique,
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
      rootCertificate: gateway.rootCertificate,
      vantagePoints,
      sources: () => connected.ready('source').map(({ address }) => address),
      connected,
      expel: (address, reason) => gateway.hub.expel(address, reason),
      publishOptOut: () => gateway.hub.publishOptOut(),
      start: async () => {
        const port = await gateway.start();
        log.info({ port }, 'listening for agents');
      },
      settled: (signal) => gateway.settled(SETTLE_MS, signal),
      stop: () => gateway.stop(),
    };
  };
}
