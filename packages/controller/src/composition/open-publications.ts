import { Publications } from '@revtr/storage';
import type { AgentDirectory } from '../agents/directory.ts';
import type { Visitors } from '../api/http/visitors.ts';
import type { Submission } from '../measurements/submission.ts';
import { PictureService } from '../pictures/picture-service.ts';
import { PublicationService } from '../publications/publication-service.ts';
import type { Context } from './context.ts';
import type { Subsystem } from './subsystem.ts';

export interface PublicationSubsystem extends Subsystem {
  readonly service: PublicationService;
  readonly pictures: PictureService;
}

/** Opens the publication of results, and their pictures. */
export function openPublications(
  { database, cold, facts, clock }: Context,
  collaborators: {
    readonly submission: Submission;
    readonly directory: AgentDirectory;
    readonly visitors: Visitors;
  },
): PublicationSubsystem {
  const { submission, directory, visitors } = collaborators;
  const service = new PublicationService({
    publications: new Publications(database.db, cold.store),
    submission,
    directory,
    isVisitor: (user) => visitors.isVisitor(user),
    facts,
    clock,
  });
  const pictures = new PictureService({ publications: service, clock });
  return { name: 'publications', service, pictures, start: () => undefined, stop: () => pictures.stop() };
}
