import type { AuditRecord } from '@revtr/controller';
import { formatIpv4, parseIpv4, parsePrefix, prefixContains } from '@revtr/net';
import { z } from 'zod';
import type { PlannedRestriction } from '../plan/restrictions.ts';

/** Audited probes that a restriction is about and that left in one second since the Unix epoch; and for what the first one was sent. */
export const restrictedSchema = z.object({
  /** Number of the restriction. */
  restriction: z.int(),
  second: z.int(),
  probes: z.int(),
  example: z.string(),
});
type RestrictedCount = z.infer<typeof restrictedSchema>;

type Probe = Pick<AuditRecord, 'at' | 'sender' | 'target' | 'claimedSource' | 'cause' | 'causeId'>;

/** Whether a restriction is about a probe. */
function coverage({ kind, subject }: PlannedRestriction): (probe: Probe) => boolean {
  switch (kind) {
    case 'probing':
      return () => true;
    case 'spoofing':
      return ({ claimedSource }) => claimedSource !== undefined;
    case 'vantagePoint': {
      const address = parseIpv4(subject);
      return ({ sender }) => sender === address;
    }
    default: {
      const prefix = parsePrefix(subject);
      return ({ target }) => prefixContains(prefix, target);
    }
  }
}

/** Counts the audited probes that restrictions are about by the second in which they left: a run may have millions of them. */
export class RestrictedProbes {
  readonly #covers: readonly ((probe: Probe) => boolean)[];
  readonly #counts = new Map<string, RestrictedCount>();

  constructor(restrictions: readonly PlannedRestriction[]) {
    this.#covers = restrictions.map(coverage);
  }

  add(probe: Probe): void {
    const second = Math.floor(probe.at / 1_000);
    for (const [restriction, covers] of this.#covers.entries()) {
      if (!covers(probe)) continue;
      const key = `${restriction} ${second}`;
      const known = this.#counts.get(key);
      const { cause, causeId, sender, target } = probe;
      const example = known?.example ?? `${cause} ${causeId}: ${formatIpv4(sender)} to ${formatIpv4(target)}`;
      this.#counts.set(key, { restriction, second, probes: (known?.probes ?? 0) + 1, example });
    }
  }

  get counts(): RestrictedCount[] {
    return [...this.#counts.values()];
  }
}
