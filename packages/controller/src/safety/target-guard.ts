import { ProbingError, type TargetPolicy } from '@revtr/probing';
import type { GuardedRequest, ProbeGuard } from './guarded-prober.ts';

/** Refuses probes to addresses that must not be probed, for example because their network has opted out: they are neither counted nor audited. */
export class TargetGuard implements ProbeGuard {
  readonly #targetPolicy: Pick<TargetPolicy, 'refuse'>;

  constructor(collaborators: { readonly targetPolicy: Pick<TargetPolicy, 'refuse'> }) {
    this.#targetPolicy = collaborators.targetPolicy;
  }

  /** @throws {ProbingError} `invalidRequest` */
  before({ target }: GuardedRequest): void {
    const refusal = this.#targetPolicy.refuse(target);
    if (refusal !== undefined) throw new ProbingError('invalidRequest', refusal.message);
  }
}
