import { type EngineCollaborators, ObservedRouters, observeRouters, RouterOwners } from '@revtr/engine';

const MOST_ROUTERS = 1_000_000;

/** The owners of routers as an atlas shows them now. */
export async function ownersFrom({
  atlas,
  ...facts
}: Pick<EngineCollaborators, 'atlas' | 'aliases' | 'ipToAs' | 'relations'>): Promise<RouterOwners> {
  const routers = new ObservedRouters(facts.aliases, { capacity: MOST_ROUTERS });
  const owners = new RouterOwners(facts);
  const pause = (): Promise<void> => Promise.resolve();
  for (const source of atlas.all()) await observeRouters(source, routers, pause);
  await owners.learn(routers, pause);
  return owners;
}
