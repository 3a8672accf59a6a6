import { FileJournal } from '../src/audit/audit-journal.ts';
import { recordOf } from './audit-records.ts';

/** Adds records until the journal refuses them, then to a new part. Prints how many were added and how many are kept. */
const directory = process.argv[2];
const journal = new FileJournal({ directory });
await journal.open();
const add = (target: number): boolean => {
  try {
    journal.add(recordOf({ target }));
    return true;
  } catch {
    return false;
  }
};
const outcomes = Array.from({ length: 30 }, (_, target) => add(target));
journal.rotate();
const addedLater = add(99);
journal.close();
const again = new FileJournal({ directory });
const kept = (await again.open()).length;
again.close();
const added = outcomes.filter((isAdded) => isAdded).length;
process.stdout.write(JSON.stringify({ added, refused: outcomes.length - added, addedLater, kept }));
