import { FileJournal } from '../src/audit/audit-journal.ts';
import { recordOf } from './audit-records.ts';

/** Adds records until the journal refuses them, one or several at once, then to a new part. Prints how many were added and which are kept. */
const directory = process.argv[2];
const journal = new FileJournal({ directory });
await journal.open();
const add = (...targets: number[]): boolean => {
  try {
    journal.add(targets.map((target) => recordOf({ target })));
    return true;
  } catch {
    return false;
  }
};
const outcomes = Array.from({ length: 10 }, (_, target) => add(target));
// There is room for some of them.
const addedTogether = add(...Array.from({ length: 10 }, (_, i) => 100 + i));
outcomes.push(...Array.from({ length: 20 }, (_, i) => add(10 + i)));
journal.rotate();
const addedLater = add(99);
journal.close();
const again = new FileJournal({ directory });
const kept = (await again.open()).map(({ target }) => target);
again.close();
const added = outcomes.filter((isAdded) => isAdded).length;
process.stdout.write(JSON.stringify({ added, refused: outcomes.length - added, addedTogether, addedLater, kept }));
