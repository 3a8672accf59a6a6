import type { Batches, Sources } from '@revtr/storage';
import type { BatchEvents } from '../events/batch-events.ts';
import type { AddressFacts } from '../facts.ts';
import type { Submission } from '../intake/submission.ts';
import type { Authenticator } from './authenticate.ts';

/** What the routes need. */
export interface ApiCollaborators {
  readonly authenticator: Authenticator;
  readonly submission: Submission;
  readonly batches: Batches;
  readonly sources: Sources;
  readonly events: BatchEvents;
  readonly facts: AddressFacts;
  /** Address under which users reach the API; `undefined`: what their request says. */
  readonly publicUrl: string | undefined;
  /** Fires when the server stops: open streams end. */
  readonly stopping: AbortSignal;
}
