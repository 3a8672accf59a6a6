import { formatIpv4, type Ipv4Address } from '@revtr/net';
import type { Clock } from '@revtr/probing';
import type { AgentTests } from '@revtr/storage';
import type { AgentProofs } from './agent-proofs.ts';
import type { TestPlan } from './agent-tests.ts';
import type { ConnectedAgents } from './connected-agents.ts';
import type { RegisteredAgent } from './directory.ts';
import { reportSchema } from './report.ts';

export interface TestPartnersOptions {
  /** Addresses that answer pings, to test with in addition to the agents themselves. */
  readonly testTargets: readonly Ipv4Address[];
  /** How long it shows that an agent can receive replies that it has received one, milliseconds. */
  readonly ableForMs: number;
}

export interface TestPartnersCollaborators {
  readonly connected: ConnectedAgents;
  readonly tests: Pick<AgentTests, 'of'>;
  readonly proofs: Pick<AgentProofs, 'provenAt'>;
  readonly clock: Clock;
  /** A number from 0 to 1. */
  readonly random: () => number;
}

/** Sources whose last test is read for one test of another agent: as many as it sends probes. */
const MOST_ASKED = 8;

/** Chooses with whom agents are tested. Each test has other receivers, because some may not get the replies. */
export class TestPartners {
  readonly #options: TestPartnersOptions;
  readonly #collaborators: TestPartnersCollaborators;

  constructor(options: TestPartnersOptions, collaborators: TestPartnersCollaborators) {
    this.#options = options;
    this.#collaborators = collaborators;
  }

  /** How to test an agent now. @throws what reading reports rejects with */
  async planFor({ address, kind }: RegisteredAgent): Promise<TestPlan> {
    const { connected } = this.#collaborators;
    const partners = this.#partners(address);
    const receivers = this.#rotated(
      partners.filter((partner) => connected.sessionOf(partner.address)?.profile.senderOnly === false),
    );
    const ableReceivers = await this.#able(receivers);
    const able = new Set(ableReceivers);
    return {
      ...{ address, kind, ableReceivers },
      senderOnly: connected.sessionOf(address)?.profile.senderOnly ?? false,
      spoofers: addressesOf(partners.filter(({ can_spoof }) => can_spoof)),
      otherSenders: addressesOf(partners.filter(({ can_spoof }) => !can_spoof)),
      otherReceivers: addressesOf(receivers).filter((receiver) => !able.has(receiver)),
      targets: [...this.#options.testTargets, ...addressesOf(partners)].filter((target) => target !== address),
    };
  }

  /** The other connected agents: first those that have shown that they can spoof, then other vantage points. */
  #partners(address: Ipv4Address): RegisteredAgent[] {
    const rank = ({ can_spoof, kind }: RegisteredAgent): number => (can_spoof ? 0 : kind === 'vantagePoint' ? 1 : 2);
    return this.#collaborators.connected
      .participating()
      .filter((agent) => agent.address !== address)
      .sort((a, b) => rank(a) - rank(b));
  }

  /** Ready sources that have received a reply to a spoofed probe. No other agents must be able to. */
  async #able(receivers: readonly RegisteredAgent[]): Promise<Ipv4Address[]> {
    const sources = addressesOf(receivers.filter(({ kind, state }) => kind === 'source' && state === 'ready'));
    const asked = sources.slice(0, MOST_ASKED);
    const areAble = await Promise.all(asked.map((source) => this.#hasReceived(source)));
    return asked.filter((_, i) => areAble[i]);
  }

  /** Whether an agent has received a reply to a spoofed probe not long ago: in a measurement, or in its last test. */
  async #hasReceived(address: Ipv4Address): Promise<boolean> {
    const { tests, proofs, clock } = this.#collaborators;
    const since = clock.now() - this.#options.ableForMs;
    if ((proofs.provenAt(address, 'receiveSpoofed') ?? since) > since) return true;
    const [last] = await tests.of(formatIpv4(address), 1);
    if (last === undefined || last.tested_at.getTime() <= since) return false;
    const { data } = reportSchema.safeParse(last.report);
    return data?.tests.some(({ name, verdict }) => name === 'receiveSpoofed' && verdict === 'passed') ?? false;
  }

  #rotated<T>(items: readonly T[]): readonly T[] {
    const first = Math.floor(this.#collaborators.random() * items.length);
    return [...items.slice(first), ...items.slice(0, first)];
  }
}

const addressesOf = (agents: readonly RegisteredAgent[]): Ipv4Address[] => agents.map(({ address }) => address);
