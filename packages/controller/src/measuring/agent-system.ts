import {
  type Aliases,
  Atlas,
  defaultPlan,
  type EngineCollaborators,
  type IpToAs,
  type Relations,
  ReverseTracerouteEngine,
} from '@revtr/engine';
import { type Ipv4Address, parseIpv4 } from '@revtr/net';
import { systemClock } from '@revtr/probing';
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
    const { directory, targetPolicy, log } = parts;
    const { ipToAs, aliases, relations } = facts;
    const ranking = defaultPlan.ranking({ vantagePoints: [] }, { ipToAs, clock: systemClock });
    const vantagePoints = (): Ipv4Address[] =>
      directory
        .list()
        .filter(({ kind, state, can_spoof }) => kind === 'vantagePoint' && state === 'ready' && can_spoof)
        .map(({ address }) => parseIpv4(address))
        .filter((address) => gateway.hub.sessionOf(address)?.isConnected === true);
    const rank = (): void => ranking.setVantagePoints(vantagePoints());
    const gateway = await AgentGateway.create(options, {
      ...parts,
      clock: systemClock,
      onJoined: (address) => {
        rank();
        parts.onJoined(address);
      },
      onLeft: rank,
    });
    directory.subscribe(rank);
    const network: EngineCollaborators = {
      prober: gateway.prober,
      clock: systemClock,
      atlas: new Atlas({ aliases, ipToAs }),
      ranking,
      aliases,
      ipToAs,
      relations,
      mayProbe: (address) => targetPolicy.mayProbe(address),
    };
    return {
      engine: new ReverseTracerouteEngine({ plan: defaultPlan }, network),
      network,
      learnedRanking: ranking,
      rootCertificate: gateway.rootCertificate,
      vantagePoints,
      sources: () =>
        directory
          .list()
          .filter(({ kind, state }) => kind === 'source' && state === 'ready')
          .map(({ address }) => parseIpv4(address))
          .filter((address) => gateway.hub.sessionOf(address)?.isConnected === true),
      sessionOf: (address) => gateway.hub.sessionOf(address),
      expel: (address, reason) => gateway.hub.expel(address, reason),
      publishOptOut: () => gateway.hub.publishOptOut(),
      start: async () => {
        const port = await gateway.start();
        log.info({ port }, 'awaiting agents');
      },
      settled: (signal) => gateway.settled(SETTLE_MS, signal),
      stop: () => gateway.stop(),
    };
  };
}
