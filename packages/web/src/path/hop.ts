import { type Hop, percentOf } from '@revtr/client';

/** A hop as the path view shows it. While a measurement runs, names, networks' names and evidence are not known yet. */
export type PathHop = Pick<Hop, 'address' | 'trust' | 'confidence'> &
  Partial<Omit<Hop, 'address' | 'trust' | 'confidence' | 'technique'>> & { readonly technique: string };

/** The round-trip time of a hop for people, for instance `8.1 ms`. */
export const formatMs = (ms: number): string => `${ms < 100 ? ms.toFixed(1) : Math.round(ms)} ms`;

/** A probability for people. */
export const formatConfidence = (confidence: number): string => `${percentOf(confidence)} %`;

/** A time for people, in UTC. */
export const formatTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

/** An age for people, milliseconds. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 90) return 'less than 2 minutes';
  if (seconds < 7_200) return `${Math.round(seconds / 60)} minutes`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} hours`;
  return `${Math.round(seconds / 86_400)} days`;
}
