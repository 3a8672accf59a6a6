import { type FileHandle, open, readFile } from 'node:fs/promises';
import { z } from 'zod';
import { CliError } from '../errors.ts';

/** What a campaign measures. A campaign goes on only with the same. */
const planSchema = z.strictObject({
  version: z.literal(1),
  server: z.string(),
  /** SHA-256 of the file of pairs. */
  sha256: z.string(),
  pairs: z.int(),
  to: z.string().optional(),
  label: z.string().optional(),
  /** Pairs in one batch. */
  batchSize: z.int().positive(),
});
/** What a campaign measures. */
export type CampaignPlan = z.infer<typeof planSchema>;

/** What must be the same when a campaign goes on. The journal decides the size of the batches. */
const SAME_IN_CAMPAIGN = ['version', 'server', 'sha256', 'pairs', 'to', 'label'] as const;

const rejectedSchema = z.object({ index: z.int(), code: z.string(), message: z.string() });

const partSchema = z.object({
  /** The last measurement of the batch whose result is in the output. */
  after: z.int(),
  /** Results of the batch in the output, and those of them that reach the source. */
  pairs: z.int(),
  reached: z.int(),
});

const entrySchema = z.union([
  /** A batch is about to be submitted with an idempotency key. */
  z.strictObject({ group: z.int(), key: z.string() }),
  /** The server has accepted the batch, or no pair of it: then there is no batch. */
  z.strictObject({ group: z.int(), batchId: z.int().nullable(), rejected: z.array(rejectedSchema).readonly() }),
  /** The first results of the batch are in the output, which has this many bytes now. */
  z.strictObject({ group: z.int(), writtenTo: z.int(), ...partSchema.shape }),
  /** The results of the batch are in the output, which has this many bytes now. */
  z.strictObject({ group: z.int(), writtenTo: z.int(), reached: z.int() }),
]);

/** What is known of one group of pairs. */
export interface GroupState {
  readonly key?: string;
  readonly submitted?: SubmittedGroup;
  /** What the output has of the group; `undefined`: nothing. */
  readonly part?: GroupPart;
  /** Pairs whose results are in the output and reach the source; `undefined`: the output does not have the whole group. */
  readonly reached?: number;
}

/** What the output has of a group whose batch is not complete. */
export type GroupPart = Readonly<z.infer<typeof partSchema>>;

/** A group that the server has. */
export interface SubmittedGroup {
  /** Null when no pair of the group can be measured. */
  readonly batchId: number | null;
  readonly rejected: readonly z.infer<typeof rejectedSchema>[];
}

/** The journal of a campaign: one JSON object a line, the first is the {@link CampaignPlan}. What is added is on disk when `add` resolves. */
export class Journal {
  readonly #file: FileHandle;
  readonly #groups: Map<number, GroupState>;
  /** Resolves when the last entry is on disk. Entries are written one after the other. */
  #written: Promise<void> = Promise.resolve();
  /** Bytes of the output that the journal knows. */
  readonly outputBytes: number;

  private constructor(file: FileHandle, groups: Map<number, GroupState>, outputBytes: number) {
    this.#file = file;
    this.#groups = groups;
    this.outputBytes = outputBytes;
  }

  /**
   * Opens the journal of a campaign, or begins one. The plan of an existing journal decides the size of its batches.
   * @throws {CliError} `unreadableFile` when the journal belongs to another campaign or is damaged
   */
  static async open(
    path: string,
    plan: CampaignPlan,
  ): Promise<{ readonly journal: Journal; readonly plan: CampaignPlan }> {
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
      throw error;
    });
    // The last line may have been cut by the end of the process.
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    const [first, ...lines] = whole.split('\n').slice(0, -1);
    const file = await open(path, first === undefined ? 'w' : 'r+');
    if (first === undefined) {
      const journal = new Journal(file, new Map(), 0);
      await journal.#write(plan);
      return { journal, plan };
    }
    try {
      await file.truncate(Buffer.byteLength(whole));
      const kept = parseLine(planSchema, path, first);
      for (const name of SAME_IN_CAMPAIGN) {
        if (kept[name] === plan[name]) continue;
        throw unusable(path, `it belongs to a campaign with another ${name}; remove it to start a new campaign`);
      }
      const groups = new Map<number, GroupState>();
      let outputBytes = 0;
      for (const line of lines) {
        const entry = parseLine(entrySchema, path, line);
        if ('writtenTo' in entry) outputBytes = entry.writtenTo;
        groups.set(entry.group, merged(groups.get(entry.group), entry));
      }
      return { journal: new Journal(file, groups, outputBytes), plan: kept };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  group(index: number): GroupState {
    return this.#groups.get(index) ?? {};
  }

  /** Notes a step of a group. */
  async add(entry: z.infer<typeof entrySchema>): Promise<void> {
    await this.#write(entry);
    this.#groups.set(entry.group, merged(this.#groups.get(entry.group), entry));
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  #write(value: CampaignPlan | z.infer<typeof entrySchema>): Promise<void> {
    const write = async (): Promise<void> => {
      const { size } = await this.#file.stat();
      await this.#file.write(`${JSON.stringify(value)}\n`, size);
      await this.#file.datasync();
    };
    // After a failure, the entries that wait fail as well: the last line may be cut.
    this.#written = this.#written.then(write);
    return this.#written;
  }
}

function merged(before: GroupState = {}, entry: z.infer<typeof entrySchema>): GroupState {
  if ('after' in entry) {
    const { after, pairs, reached } = entry;
    return { ...before, part: { after, pairs, reached } };
  }
  if ('writtenTo' in entry) return { ...before, reached: entry.reached };
  if ('key' in entry) return { ...before, key: entry.key };
  return { ...before, submitted: { batchId: entry.batchId, rejected: entry.rejected } };
}

const unusable = (path: string, reason: string): CliError =>
  new CliError('unreadableFile', `cannot go on with ${path}: ${reason}`, { path, reason });

function parseLine<T>(schema: z.ZodType<T>, path: string, line: string): T {
  try {
    return schema.parse(JSON.parse(line));
  } catch {
    throw unusable(path, 'a line is damaged');
  }
}
