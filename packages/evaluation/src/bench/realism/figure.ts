/**
 * How sure a published value is: seen in the source, read off a plot, computed from values in the source, or only remembered. An assumed
 * value has no source.
 */
export type Confidence = 'read' | 'plot' | 'derived' | 'memory' | 'assumed';

/** A value of the real Internet. */
interface PublishedFigure {
  /** What the figure is, with its unit unless it is a share. */
  readonly figure: string;
  readonly source: string;
  readonly published: number;
  /** Largest distance at which the simulator agrees. */
  readonly tolerance: number;
  readonly confidence: Confidence;
}

/** A published value beside that of the simulator. */
export interface RealismRow extends PublishedFigure {
  readonly simulated: number;
  readonly isInside: boolean;
}

/** Compares a simulated value with a published one that is a lower bound. */
export function compareWithLeast(figure: Parameters<typeof compare>[0], source: string, simulated: number): RealismRow {
  const row = compare(figure, source, simulated);
  return { ...row, isInside: simulated >= row.published - row.tolerance };
}

/** Compares a simulated value with the published one. */
export function compare(
  [figure, published, tolerance, confidence]: readonly [string, number, number, Confidence],
  source: string,
  simulated: number,
): RealismRow {
  const isInside = Math.abs(simulated - published) <= tolerance;
  return { figure, source, published, tolerance, confidence, simulated, isInside };
}
