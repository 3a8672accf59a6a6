import type { Admission, AgentHub, Enrolment } from '@revtr/link';
import { formatIpv4, type Ipv4Address } from '@revtr/net';
import type { AgentEvents } from './agent-events.ts';
import type { AgentDirectory, RegisteredAgent } from './directory.ts';

const LEGACY = 'the operator allows an agent of revtr 2.0 at this address, and no other one (revtr admin legacy deny)';
const REVOKED = 'an operator revoked this certificate; delete the identity of this agent to enrol again';
const NOT_REGISTERED = 'this address does not belong to a registered source or vantage point';

/** Why no agent with a certificate may be at an address where `agent` is registered; `undefined` if one may. */
function exclusionOf(address: Ipv4Address, agent: RegisteredAgent | undefined): string | undefined {
  if (agent === undefined) return `${NOT_REGISTERED}: ${formatIpv4(address)}`;
  return agent.legacy ? LEGACY : undefined;
}

/** Why no certificate lets an agent connect from an address where `agent` is registered; `undefined` if the latest one does. */
export function refusalOf(address: Ipv4Address, agent: RegisteredAgent | undefined): string | undefined {
  return exclusionOf(address, agent) ?? (agent?.certificate_serial === null ? REVOKED : undefined);
}

/** Admits registered agents, each only with the latest certificate that the controller issued for it. */
export class DirectoryAdmission implements Admission {
  readonly #directory: AgentDirectory;
  readonly #hub: Pick<AgentHub, 'sessionOf'>;
  readonly #events: AgentEvents;
  readonly #isElsewhere: (address: Ipv4Address) => boolean;

  constructor(collaborators: {
    readonly directory: AgentDirectory;
    readonly hub: Pick<AgentHub, 'sessionOf'>;
    readonly events: AgentEvents;
    /** Whether an agent is connected to the gateway of another process. */
    readonly isElsewhere: (address: Ipv4Address) => boolean;
  }) {
    this.#directory = collaborators.directory;
    this.#hub = collaborators.hub;
    this.#events = collaborators.events;
    this.#isElsewhere = collaborators.isElsewhere;
  }

  /** A connection from the address proves control of it. An agent that is connected cannot be displaced. */
  async mayEnrol(address: Ipv4Address): Promise<string | undefined> {
    const exclusion = exclusionOf(address, this.#directory.findRegistered(address));
    if (exclusion !== undefined) return exclusion;
    if (this.#hub.sessionOf(address)?.isConnected === true || this.#isElsewhere(address))
      return `an agent of ${formatIpv4(address)} is connected; stop it before another agent enrols`;
    return undefined;
  }

  async enrolled(address: Ipv4Address, { serialNumber, listeningPort }: Enrolment): Promise<void> {
    const before = this.#directory.find(address)?.certificate_serial;
    await this.#directory.change(address, { certificate_serial: serialNumber, listening_port: listeningPort ?? null });
    if (before !== null && before !== undefined) this.#events.replaced(address);
  }

  async renewed(address: Ipv4Address, serialNumber: string): Promise<void> {
    await this.#directory.change(address, { certificate_serial: serialNumber });
  }

  async mayConnect(address: Ipv4Address, serialNumber: string): Promise<string | undefined> {
    // The gateway of another process may have issued the certificate.
    if (this.#directory.find(address)?.certificate_serial !== serialNumber) await this.#directory.refresh(address);
    const agent = this.#directory.findRegistered(address);
    const refusal = refusalOf(address, agent);
    if (refusal !== undefined) return refusal;
    if (agent?.certificate_serial !== serialNumber)
      return 'a newer certificate replaced this one; delete the identity of this agent to enrol again';
    return undefined;
  }
}
