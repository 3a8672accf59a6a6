import type { Technique } from '../techniques/technique.ts';

/** Techniques in the order in which they are asked, with their settings. */
export interface Plan {
  readonly name: string;
  /** Makes the techniques of one measurement. */
  readonly techniques: () => readonly Technique[];
  /** Whether what is measured joins the atlas. */
  readonly growsAtlas: boolean;
  /** Position of the technique that is asked first after `technique` has found hops. */
  readonly resumeAt: (technique: string) => number;
}
