import { OPTIONS, readCores, readUnits, type UnitOptions } from './options.ts';

const { profile, family, size, seed, pairs, hours, fleet, plan, atlas } = OPTIONS;
const DEFAULTS: UnitOptions = {
  profile: profile.default,
  family: family.default,
  size: size.default,
  seed: seed.default,
  pairs: pairs.default,
  hours: hours.default,
  fleet: fleet.default,
  plan: plan.default,
  atlas: atlas.default,
  'atlas-probes': OPTIONS['atlas-probes'].default,
};

/** Names the first option whose value is invalid, for instance `the value 'huge' of --size is invalid`; `undefined` if all are valid. */
export function invalidOption(values: UnitOptions & { readonly cores?: string | undefined }): string | undefined {
  for (const [name, value] of Object.entries(values))
    if (name in DEFAULTS && readUnits({ ...DEFAULTS, [name]: value }) === undefined) return sentenceOf(name, value);
  return readCores(values.cores) === undefined ? sentenceOf('cores', values.cores) : undefined;
}

const sentenceOf = (name: string, value: string | undefined): string => `the value '${value}' of --${name} is invalid`;
