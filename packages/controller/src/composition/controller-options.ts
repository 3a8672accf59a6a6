import type { Credential } from '@revtr/link';
import type { Clock, TargetPolicy } from '@revtr/probing';
import type { Database } from '@revtr/storage';
import type { Tracing } from '@revtr/tracing';
import type { Logger } from 'pino';
import type { LifeCycleOptions } from '../agents/life-cycle.ts';
import type { UserLimits } from '../agents/user-limits.ts';
import type { PublicArchiveOptions } from '../archive/public-archive.ts';
import type { RipeAtlasSettings } from '../atlas/ripe-access.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { AddressFacts } from '../facts/address-facts.ts';
import type { Datasets } from '../facts/datasets.ts';
import type { SendMail } from '../mail/outbox.ts';
import type { OpenMeasuringSystem } from '../measuring/measuring-system.ts';
import type { ProbeIdentity } from '../opt-outs/probe-identity.ts';
import type { ReverseNameServer } from '../opt-outs/reverse-dns-proof.ts';
import type { ColdOptions } from '../results/cold-options.ts';
import type { Retention } from '../retention/retention.ts';
import type { SafetySettings } from '../safety/settings.ts';
import type { SelfAuditSettings } from '../self-audit/self-auditor.ts';
import type { WatchSettings } from '../watches/settings.ts';
import type { ResolveHost } from '../watches/webhooks/target.ts';
import type { ListenOptions } from './open-api.ts';
import type { GrpcListenOptions } from './open-grpc.ts';
import type { AuditOptions } from './open-safety.ts';

export interface ControllerOptions {
  readonly listen: ListenOptions;
  /** Where health, readiness and metrics are served without the API, in plain HTTP. Default: nowhere. */
  readonly health?: { readonly host: string; readonly port: number } | undefined;
  /** Certificate and key of the API, PEM. Default: the API speaks plain HTTP. */
  readonly tls?: Credential | undefined;
  /** The gRPC interface of the original. Default: it is not served. */
  readonly grpc?: GrpcListenOptions | undefined;
  /** Proxies whose forwarding headers are believed: addresses or prefixes. Default: none. */
  readonly trustProxy?: readonly string[] | undefined;
  /** Directory of the built web interface. Default: none is served. */
  readonly webDirectory?: string | undefined;
  /** Base URL under which users reach the API, for links in answers and mails. `undefined`: what each request says. */
  readonly publicUrl: string | undefined;
  /** Measurements under way at once. */
  readonly concurrency: number;
  /** Most pairs in one batch. */
  readonly maxBatch: number;
  /** A measurement that has waited longer in the queue is not measured any more, milliseconds. Default: three days. */
  readonly longestWaitMs?: number | undefined;
  /** Limits of new users. */
  readonly newUserLimits: UserLimits;
  /** Whether anybody with an e-mail address may become a user. Default false. */
  readonly selfRegistration?: boolean | undefined;
  /** Measurements that people without an account may submit in a day from one client address. Default 0: they may not. */
  readonly visitorMeasurementsPerDay?: number | undefined;
  readonly lifeCycle: LifeCycleOptions;
  /** `undefined` when RIPE Atlas is not used. */
  readonly ripeAtlas: RipeAtlasSettings | undefined;
  readonly audit: AuditOptions;
  /** Record Route pings that the background survey sends per hour, all vantage points together. 0 switches it off. */
  readonly surveyProbesPerHour: number;
  /** How often hosts of this system are audited. Default: never. */
  readonly selfAudit?: SelfAuditSettings | undefined;
  /** Limits of watches. Default: `DEFAULT_WATCHES` of `watches/settings.ts`. */
  readonly watches?: WatchSettings | undefined;
  /** The public archive. Default: there is none. */
  readonly archive?: PublicArchiveOptions | undefined;
  /** How long other records are kept. Default: `DEFAULT_RETENTION` of `retention/retention.ts`. */
  readonly retention?: Retention | undefined;
  /** How long results are kept, days. Default: for ever. */
  readonly resultDays?: number | undefined;
  /** Where old results are. Default: in the database, as all others. */
  readonly cold?: ColdOptions | undefined;
  /** Who sends the probes. Default: pages and probes do not say it. */
  readonly probeIdentity?: ProbeIdentity | undefined;
  /** Limits of probing. */
  readonly safety: SafetySettings;
}

export interface ControllerCollaborators {
  /** The caller closes it after {@link Controller.stop}. */
  readonly database: Database;
  /** Whether this process has the lock on its database. Default: it needs none. */
  readonly lock?: { readonly isHeld: boolean } | undefined;
  readonly measuring: OpenMeasuringSystem;
  readonly facts: AddressFacts;
  readonly datasets: Datasets;
  /** The policy that the engine obeys as well. */
  readonly targetPolicy: TargetPolicy;
  /** Hands a mail to a mail server. Without it mails wait for the operator. */
  readonly sendMail?: SendMail | undefined;
  /** Looks up proofs in reverse zones. Default: the resolver of this machine. */
  readonly reverseDns?: ReverseNameServer | undefined;
  /** Resolves the host names of webhooks. Default: DNS. */
  readonly resolveWebhook?: ResolveHost | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  /** The other processes of the controller. Default: there are none. The controller closes the bus when it stops. */
  readonly cluster?: Cluster | undefined;
  /** Records traces. The caller closes it after {@link Controller.stop}. Default: none are. */
  readonly tracing?: Tracing | undefined;
}
