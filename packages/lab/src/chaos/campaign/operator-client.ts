import { isClientError, type ReverseTracerouteClient } from '@revtr/client';
import type { PlannedRestriction } from '../plan/restrictions.ts';
import { hasLeft } from './left-probes.ts';
import { type CallCollaborators, PersistentCalls } from './persistent-calls.ts';

const REASON = 'fault tests';
/** How often the operator looks whether a probe has left, milliseconds. */
const LOOK_MS = 2_000;

/** An operator who forbids probes, and allows some of them again. */
export class OperatorClient {
  readonly #collaborators: CallCollaborators;
  readonly #calls: PersistentCalls;

  constructor(collaborators: CallCollaborators) {
    this.#collaborators = collaborators;
    this.#calls = new PersistentCalls({ firstApi: 0 }, collaborators);
  }

  /** Forbids probes, when one has left if that is planned, and allows them again if that is. `number` is the place of the restriction in the plan. */
  async forbid(restriction: PlannedRestriction, number: number, signal: AbortSignal): Promise<void> {
    const { history, clock } = this.#collaborators;
    const { waitForProbeMs } = restriction;
    if (waitForProbeMs !== undefined) await this.#waitForProbe(restriction, waitForProbeMs, signal);
    history.write({ type: 'forbidding', restriction: number });
    await this.#calls.persist('forbid', (client) => forbid(client, restriction), signal);
    history.write({ type: 'forbidden', restriction: number });
    if (restriction.liftAfterMs === undefined) return;
    await clock.sleep(restriction.liftAfterMs, signal);
    history.write({ type: 'allowing', restriction: number });
    let attempts = 0;
    const attempt = async (client: ReverseTracerouteClient): Promise<void> => {
      attempts++;
      const wasForbidden = await allow(client, restriction);
      // An attempt before, whose answer was lost, may have succeeded.
      if (!wasForbidden && attempts === 1) history.write({ type: 'absent', restriction: number });
    };
    await this.#calls.persist('allow', attempt, signal);
    history.write({ type: 'allowed', restriction: number });
  }

  /** Resolves when a probe has left that the restriction is about; without one after `mostMs`, and the checker then finds that nothing was shown. */
  async #waitForProbe(restriction: PlannedRestriction, mostMs: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#collaborators;
    const until = clock.now() + mostMs;
    const look = (client: ReverseTracerouteClient): Promise<boolean> => hasLeft(client, restriction, clock.now());
    while (!(await this.#calls.persist('audit', look, signal))) {
      if (clock.now() >= until) return;
      await clock.sleep(LOOK_MS, signal);
    }
  }
}

async function forbid({ fleet }: ReverseTracerouteClient, { kind, subject }: PlannedRestriction): Promise<void> {
  if (kind === 'optOut') await fleet.addOptOut(subject, REASON);
  else await fleet.stopProbes({ scope: kind, subject, reason: REASON });
}

/** Returns whether the probes were forbidden. */
async function allow({ fleet }: ReverseTracerouteClient, { kind, subject }: PlannedRestriction): Promise<boolean> {
  try {
    if (kind === 'optOut') await fleet.removeOptOut(subject);
    else await fleet.resumeProbes(kind, subject);
    return true;
  } catch (error) {
    if (!isClientError(error, 'refused') || error.details.serverCode !== 'notFound') throw error;
    return false;
  }
}
