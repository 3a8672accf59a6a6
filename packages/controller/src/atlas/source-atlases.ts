import type { EngineCollaborators } from '@revtr/engine';
import type { Ipv4Address } from '@revtr/net';
import type { AtlasService } from './atlas-service.ts';
import { type AtlasOverview, overviewOf } from './overview.ts';

/** The atlases of all sources, wherever they are kept: what is shown of them, and what their owners do with them. */
export interface SourceAtlases
  extends Pick<
    AtlasService,
    'estimate' | 'run' | 'collect' | 'catchUp' | 'cancel' | 'runsOf' | 'onDemandOf' | 'clean'
  > {
  /** What the atlas of a source covers. */
  overview(source: Ipv4Address): Promise<AtlasOverview>;
  /** How many measured traceroutes the atlas of a source holds. */
  size(source: Ipv4Address): Promise<number>;
}

/** The atlases that this process keeps. */
export function localAtlases(
  service: AtlasService,
  { atlas, aliases, ipToAs, clock }: Pick<EngineCollaborators, 'atlas' | 'aliases' | 'ipToAs' | 'clock'>,
): SourceAtlases {
  const facts = {
    routerKey: (address: Ipv4Address) => aliases.routerKey(address),
    originOf: (address: Ipv4Address) => ipToAs.originOf(address),
  };
  return {
    estimate: (source, asker) => service.estimate(source, asker),
    run: (source, asker) => service.run(source, asker),
    collect: (source, signal) => service.collect(source, signal),
    catchUp: (source, signal) => service.catchUp(source, signal),
    cancel: (source) => service.cancel(source),
    runsOf: (source) => service.runsOf(source),
    onDemandOf: (source) => service.onDemandOf(source),
    clean: (source) => service.clean(source),
    overview: async (source) => overviewOf(atlas.of(source), facts, clock.now()),
    size: async (source) => service.size(source),
  };
}
