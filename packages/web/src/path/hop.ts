import type { Hop } from '@revtr/client';

/** A hop as the path view shows it. While a measurement runs, names, networks' names and evidence are not known yet. */
export type PathHop = Pick<Hop, 'address' | 'trust' | 'confidence'> &
  Partial<Omit<Hop, 'address' | 'trust' | 'confidence' | 'technique'>> & { readonly technique: string };
