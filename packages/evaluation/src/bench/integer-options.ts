import { parseArgs } from 'node:util';
import { OptionError } from './option-error.ts';

/**
 * Reads options whose values are positive whole numbers. `defaults` names the options and their default values.
 * @throws {OptionError} for other options and values
 */
export function integerOptions<Name extends string>(
  args: readonly string[],
  defaults: Readonly<Record<Name, number>>,
): Readonly<Record<Name, number>> {
  const options = Object.fromEntries(Object.keys(defaults).map((name) => [name, { type: 'string' } as const]));
  const { values } = parseArgs({ args: [...args], options });
  const read: Record<Name, number> = { ...defaults };
  for (const name in defaults) {
    const text = values[name];
    if (text === undefined) continue;
    read[name] = positiveInteger(name, text);
  }
  return read;
}

/** The value of an option, a positive whole number. @throws {OptionError} for other text */
export function positiveInteger(name: string, text: string): number {
  const value = Number(text);
  if (!(Number.isSafeInteger(value) && value > 0)) throw new OptionError(`--${name} must be a positive whole number`);
  return value;
}
