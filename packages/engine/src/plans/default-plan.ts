import { SecondLook } from '../checks/second-look.ts';
import { IngressRanking } from '../ranking/ingress-ranking.ts';
import { AssumedSymmetry } from '../techniques/assumed-symmetry.ts';
import { AtlasIntersection } from '../techniques/atlas-intersection.ts';
import { StartedTails } from '../techniques/forward-path/started-tails.ts';
import { traceWhole } from '../techniques/forward-path/trace-whole.ts';
import { KnownPath } from '../techniques/known-path.ts';
import { NearbyAddress } from '../techniques/nearby-address.ts';
import { NetworkPath } from '../techniques/network-path.ts';
import { OtherAnswers } from '../techniques/other-answers.ts';
import { ProxyPath } from '../techniques/proxy-path.ts';
import { DirectRecordRoute } from '../techniques/record-route.ts';
import { SpoofedRecordRoute } from '../techniques/spoofed-record-route.ts';
import { Timestamp } from '../techniques/timestamp.ts';
import { TracerouteOnDemand } from '../techniques/traceroute-on-demand.ts';
import type { Plan } from './plan.ts';

/** How long a round waits for better answers after the first useful one, milliseconds. */
const GRACE_MS = 30;
/**
 * How long answers are listened for, milliseconds. 95 % of the addresses of the Internet answer 95 % of their pings within 5 s; a timeout of 3 s or
 * less loses many (Padmanabhan et al., IMC 2015). A direct ping occupies the prober of the source meanwhile, a spoofed one only a listener.
 */
const LISTEN_MS = { direct: 3_000, spoofed: 5_000 };

/**
 * The plan of this project: after every new hop the atlas and the known paths come first; spoofed rounds are small, ask the nearest vantage
 * points and end with their answers; symmetry across borders is a labelled last resort, after paths of other hosts through the same network.
 */
export const defaultPlan: Plan<IngressRanking> = {
  name: 'default',
  growsAtlas: true,
  ranking: (options, collaborators) => new IngressRanking(options, collaborators),
  *techniques() {
    yield new AtlasIntersection({ checksOldPaths: true });
    yield new KnownPath();
    yield new DirectRecordRoute({
      useHeuristics: true,
      timeoutMs: LISTEN_MS.direct,
      isAdaptive: true,
      pingsDestination: true,
      overlapsLikelySilence: true,
      skipOutOfReach: true,
    });
    const tails = new StartedTails('assumedSymmetry', { timeoutMs: 1_000 });
    const nearbyAddress = new NearbyAddress({ spoofers: 1, timeoutMs: LISTEN_MS.spoofed });
    yield new SpoofedRecordRoute({
      rounds: { untilChance: 0.8, most: 3, leastChance: 0.4 },
      maxSpoofers: 8,
      failuresPerIngress: 2,
      prefersIdleSpoofers: true,
      learnsSilences: true,
      confirmsContradictions: true,
      pingsTargets: true,
      climbBeforeRetry: 3,
      targetsPerSegment: 2,
      useHeuristics: true,
      deadline: ({ firstUsefulMs }, adaptiveMs) =>
        firstUsefulMs === undefined ? adaptiveMs : Math.min(adaptiveMs, firstUsefulMs + GRACE_MS),
      timeoutMs: LISTEN_MS.spoofed,
      onUnlikely: (measurement, target) => {
        tails.start(measurement, target);
        nearbyAddress.prepare(measurement);
      },
    });
    yield new OtherAnswers();
    yield new Timestamp({ isDefault: false, candidatesPerHop: 4, spoofersPerHop: 2, timeoutMs: 2_000 });
    yield nearbyAddress;
    yield new ProxyPath({ widest: 'network' });
    const symmetry = new AssumedSymmetry({
      allowInterdomain: true,
      trustGateways: true,
      ownersByRelation: true,
      allowIncomplete: true,
      trace: (measurement, target) => tails.of(measurement, target),
      traceFurther: (measurement, target) =>
        traceWhole(measurement, target, { timeoutMs: 1_000, attempts: 1, gapLimit: 5 }),
      earlierTargets: 3,
    });
    yield symmetry.insideNetworks();
    yield new NetworkPath();
    yield new TracerouteOnDemand({ most: 2 });
    yield symmetry;
  },
  followsLateAnswers: true,
  review: () => new SecondLook({ spoofers: 3, timeoutMs: LISTEN_MS.spoofed }),
  resumeAt: () => 0,
};
