export { VirtualClock } from './clock/virtual-clock.ts';
export { datasetFiles } from './datasets/dataset-files.ts';
export type { Place, Places } from './datasets/places.ts';
export { publishedPosition } from './datasets/positions.ts';
export { type PublicData, publishData } from './datasets/public-data.ts';
export { probeJson, type SimulatedProbe, simulatedProbes } from './datasets/ripe-probes.ts';
export { SimError, type SimErrorCode } from './errors.ts';
export { HostBehaviours } from './forwarding/hosts.ts';
export { Network, type PacketHandler } from './forwarding/network.ts';
export type { NetworkFault } from './forwarding/network-fault.ts';
export { simParameters } from './parameters/choose-parameters.ts';
export type { DataQuality } from './parameters/data-quality.ts';
export { PROFILES, type Profile } from './parameters/profiles.ts';
export { PROVENANCE, type Provenance } from './parameters/provenance.ts';
export type { SimParameters } from './parameters/sim-parameters.ts';
export { isSize, SIZES, type Size } from './parameters/sizes.ts';
export { SimProber } from './prober/sim-prober.ts';
export type { NetworkEvent } from './routing/network-state.ts';
export { PolicyRoutes } from './routing/policy-routes.ts';
export { Timeline } from './routing/timeline.ts';
export { SimulatedInternet, type SimulatedInternetOptions } from './simulated-internet.ts';
export type { AsGraph } from './topology/as-graph.ts';
export { parseAsRelationships } from './topology/as-relationships.ts';
export { CITIES, type City } from './topology/cities.ts';
export { customerConeSizes } from './topology/customer-cones.ts';
export { FAMILIES, type Family, type FamilyName } from './topology/families/family.ts';
export { generateTopology } from './topology/generate.ts';
export { hostName } from './topology/names.ts';
export {
  interfacesTowards,
  isAnycast,
  Nat,
  NetworkKind,
  Relation,
  routerOf,
  type Topology,
  Tunnel,
} from './topology/topology.ts';
export { GroundTruth, type TruePath } from './truth/ground-truth.ts';
export { addressesBehindNat, natOf, routersByPrivateAddress } from './truth/private-addresses.ts';
export { TunAttachment, type TunHost } from './tun/tun-attachment.ts';
