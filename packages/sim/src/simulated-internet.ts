import { createRandom } from '@revtr/probing';
import { VirtualClock } from './clock/virtual-clock.ts';
import { choosePlaces, type Places } from './datasets/places.ts';
import { Network } from './forwarding/network.ts';
import type { SimParameters } from './parameters/sim-parameters.ts';
import { SimProber } from './prober/sim-prober.ts';
import { LinkFailures } from './routing/link-failures.ts';
import type { NetworkEvent } from './routing/network-state.ts';
import { Timeline } from './routing/timeline.ts';
import type { AsGraph } from './topology/as-graph.ts';
import type { Family } from './topology/families/family.ts';
import { generateTopology } from './topology/generate.ts';
import type { Topology } from './topology/topology.ts';
import { GroundTruth } from './truth/ground-truth.ts';

/** Options of a {@link SimulatedInternet}. */
export interface SimulatedInternetOptions {
  readonly parameters: SimParameters;
  /** Start of virtual time, milliseconds since the Unix epoch. Default 2026-01-01. */
  readonly startMs?: number;
  /** Networks and relations to build on, for instance those of a CAIDA file. Default: grown from the seed. */
  readonly graph?: AsGraph;
  /** How networks and routers are laid out. Default: `FAMILIES.grown`. */
  readonly family?: Family;
  /** Topology, routing over time and places of another simulation with the same parameters, to start it anew. Default: they are generated. */
  readonly like?: Pick<SimulatedInternet, 'topology' | 'timeline' | 'places'>;
}

/** A simulated Internet: topology, routing over time, forwarding, and ground truth. */
export class SimulatedInternet {
  readonly parameters: SimParameters;
  readonly topology: Topology;
  readonly timeline: Timeline;
  readonly clock: VirtualClock;
  readonly network: Network;
  readonly truth: GroundTruth;
  readonly places: Places;

  constructor(options: SimulatedInternetOptions) {
    this.parameters = options.parameters;
    this.topology = options.like?.topology ?? generateTopology(options.parameters, options.graph, options.family);
    const startMs = options.startMs ?? Date.UTC(2026, 0, 1);
    this.timeline = options.like?.timeline ?? changingTimeline(this.topology, options.parameters, startMs);
    this.clock = new VirtualClock({ startMs });
    this.network = new Network(options.parameters, this);
    this.truth = new GroundTruth(this.topology, this.timeline);
    this.places = options.like?.places ?? choosePlaces(this.topology, options.parameters);
  }

  /** Schedules an event. @throws {SimError} as {@link Timeline.add} */
  schedule(event: NetworkEvent, atMs: number): void {
    this.timeline.add(event, atMs);
  }

  /** Creates a prober whose agents are all vantage points, sources and atlas probes. */
  prober(): SimProber {
    const { vantagePoints, sources, atlasProbes } = this.places;
    return new SimProber(
      { agents: [...vantagePoints, ...sources, ...atlasProbes].map((place) => place.address) },
      this,
    );
  }
}

/** A timeline whose links fail as the parameters say, except access lines: their failures would be outages, not changes of paths. */
function changingTimeline(topology: Topology, parameters: SimParameters, startMs: number): Timeline {
  const random = createRandom(parameters.seed).fork('link-failures');
  const { interfaces, routers } = topology;
  const depthOf = (iface: number): number => routers.depth[interfaces.router[iface]];
  const failing = [...interfaces.peer.keys()].filter((i) => Math.max(depthOf(i), depthOf(interfaces.peer[i])) <= 1);
  return new Timeline(topology, new LinkFailures({ interfaces: failing, startMs }, parameters, random));
}
