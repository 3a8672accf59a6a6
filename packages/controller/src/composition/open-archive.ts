import { parseIpv4 } from '@revtr/net';
import { ArchiveRecords, ImportedResults } from '@revtr/storage';
import type { Visitors } from '../api/http/visitors.ts';
import { ArchiveMetrics } from '../archive/archive-metrics.ts';
import { PublicArchive, type PublicArchiveOptions } from '../archive/public-archive.ts';
import type { Context } from './context.ts';
import type { MeasuringSubsystem } from './open-measuring.ts';
import type { Subsystem } from './subsystem.ts';

export interface ArchiveSubsystem extends Subsystem {
  /** Absent where the archive is switched off. */
  readonly archive: PublicArchive | undefined;
  readonly records: ArchiveRecords;
  readonly imported: ImportedResults;
}

/** Opens the public archive, and the results that were imported from other archives. */
export function openArchive(
  { database, cluster, cold, facts, targetPolicy, metrics, clock, log }: Context,
  options: PublicArchiveOptions | undefined,
  { measuring, visitors }: { readonly measuring: MeasuringSubsystem; readonly visitors: Visitors },
): ArchiveSubsystem {
  const { directory, optOuts } = measuring;
  const records = new ArchiveRecords(database.db, cold.store);
  const rules = {
    isPublicSource: (address: string) => directory.findRegistered(parseIpv4(address))?.visibility === 'public',
    hasOptedOut: (address: string) => targetPolicy.refuse(parseIpv4(address))?.code === 'destinationOptedOut',
    asName: (asn: number) => facts.asName(asn),
  };
  const refreshRules = async (): Promise<void> => {
    await directory.refreshAll();
    await optOuts.published.refreshIfChanged();
  };
  const archive =
    options &&
    new PublicArchive(
      { ...options, isShared: cluster.isShared },
      { records, rules, refreshRules, metrics: new ArchiveMetrics(metrics.registry), clock, log },
    );
  return {
    name: 'archive',
    archive,
    records,
    imported: new ImportedResults(database.db),
    start: async () => {
      if (archive === undefined) return;
      // Everybody may read the results of visitors already.
      const visitor = await visitors.account();
      if (visitor !== undefined) await records.setConsent(visitor.id, new Date(clock.now()));
      await archive.start();
    },
    stop: () => archive?.stop(),
  };
}
