import { BusError } from '@revtr/bus';
import { DatasetError } from '@revtr/datasets';
import { LinkError } from '@revtr/link';
import { StorageError } from '@revtr/storage';
import { z } from 'zod';
import { OperatorKeyError } from '../accounts/operator-account.ts';
import { ForeignAuthorityError } from '../authority/known-authority.ts';
import { DatabaseLockError } from '../cluster/database-lock-error.ts';
import { portProblem } from '../settings/port-problem.ts';
import type { Settings } from '../settings/settings.ts';

/** Errors whose messages are for operators. */
const FOR_OPERATORS = [
  StorageError,
  DatasetError,
  LinkError,
  BusError,
  OperatorKeyError,
  DatabaseLockError,
  ForeignAuthorityError,
];

/** A message without a stack trace for errors of the machine or the settings; `undefined` for defects. */
export function explain(error: unknown, settings?: Settings): string | undefined {
  const port = settings && portProblem(error, settings);
  if (port !== undefined) return port;
  if (error instanceof z.ZodError)
    return error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n');
  if (!(error instanceof Error)) return undefined;
  const isOfTheMachine = 'syscall' in error || error instanceof SyntaxError;
  return isOfTheMachine || FOR_OPERATORS.some((type) => error instanceof type) ? error.message : undefined;
}
