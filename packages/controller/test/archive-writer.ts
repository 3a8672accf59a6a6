import { ArchiveRecords, openDatabase } from '@revtr/storage';
import { PublicArchive } from '../src/archive/public-archive.ts';
import { archiveParts } from './archived-results.ts';

/** A process that writes a public archive, and kills itself at a point of its work. */
const [, , data, directory, point] = process.argv;
const die = (): void => {
  process.kill(process.pid, 'SIGKILL');
};

class DeadlyRecords extends ArchiveRecords {
  #commits = 0;

  override async commit(...args: Parameters<ArchiveRecords['commit']>): Promise<boolean> {
    const isSecond = ++this.#commits === 2;
    if (isSecond && point === 'beforeCommit') die();
    const isDone = await super.commit(...args);
    if (isSecond && point === 'afterCommit') die();
    return isDone;
  }

  override async markPlaced(paths: readonly string[]): Promise<void> {
    if (paths.length > 0 && point === 'beforeMark') die();
    await super.markPlaced(paths);
    if (paths.length > 0 && point === 'afterMark') die();
  }
}

const database = await openDatabase({ kind: 'embedded', directory: data });
const parts = archiveParts(database, { records: new DeadlyRecords(database.db) });
let names = 0;
const asName = (asn: number): string => {
  if (point === 'whileWriting' && ++names === 150) die();
  return `Network ${asn}`;
};
const archive = new PublicArchive({ directory, mostResults: 100 }, { ...parts, rules: { ...parts.rules, asName } });
await archive.run(new AbortController().signal);
await database.close();
