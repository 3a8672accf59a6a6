import { type GeoPath, geoEqualEarth, geoGraticule10, geoPath } from 'd3-geo';
import type { MultiPoint } from 'geojson';
import { BORDERS, LAND } from './outlines.ts';

/** The size of the map in its own units, which scale with the page. */
export const SIZE = { width: 960, height: 480 } as const;

const MARGIN = 70;
/** Largest scale: about a country fills the map. Closer, the outlines would be too coarse. */
const MOST_SCALE = 2_200;

/** Shapes of a map as path data of SVG, and where points are on it. */
export interface Drawing {
  readonly land: string;
  readonly borders: string;
  readonly graticule: string;
  readonly pointOf: (point: [number, number]) => readonly [number, number];
  /** A line between two points, bent to the left of its direction: a path that goes back and forth has two lines. */
  readonly legOf: (from: [number, number], to: [number, number]) => string;
}

/** Draws the part of the Earth that contains some points. The middle of the map is their middle, so that no line leaves at an edge. */
export function draw(points: readonly [number, number][]): Drawing {
  const all: MultiPoint = { type: 'MultiPoint', coordinates: [...points] };
  const projection = geoEqualEarth().rotate([-middleLongitude(points), 0]);
  const frame: [[number, number], [number, number]] = [
    [MARGIN, MARGIN],
    [SIZE.width - MARGIN, SIZE.height - MARGIN],
  ];
  projection.fitExtent(frame, all);
  if (!(projection.scale() < MOST_SCALE)) {
    const [x, y] = [SIZE.width / 2, SIZE.height / 2];
    projection.scale(MOST_SCALE).translate([0, 0]);
    const bounds = geoPath(projection).bounds(all);
    projection.translate([x - (bounds[0][0] + bounds[1][0]) / 2, y - (bounds[0][1] + bounds[1][1]) / 2]);
  }
  projection.clipExtent([
    [0, 0],
    [SIZE.width, SIZE.height],
  ]);
  const path: GeoPath = geoPath(projection).digits(1);
  const pointOf = (point: [number, number]): readonly [number, number] => projection(point) ?? [0, 0];
  return {
    land: path(LAND) ?? '',
    borders: path(BORDERS) ?? '',
    graticule: path(geoGraticule10()) ?? '',
    pointOf,
    legOf: (from, to) => bent(pointOf(from), pointOf(to)),
  };
}

/** How far the middle of a line lies beside the straight one, as a share of its length. */
const BEND = 0.12;

function bent([x1, y1]: readonly [number, number], [x2, y2]: readonly [number, number]): string {
  const [x, y] = [(x1 + x2) / 2 + BEND * (y2 - y1), (y1 + y2) / 2 - BEND * (x2 - x1)];
  return `M${x1.toFixed(1)},${y1.toFixed(1)}Q${x.toFixed(1)},${y.toFixed(1)} ${x2.toFixed(1)},${y2.toFixed(1)}`;
}

/** The longitude opposite to the middle of the largest gap between the points. */
function middleLongitude(points: readonly [number, number][]): number {
  const sorted = points.map(([longitude]) => longitude).sort((a, b) => a - b);
  let start = 0;
  let widest = -1;
  for (const [i, longitude] of sorted.entries()) {
    const next = i + 1 < sorted.length ? sorted[i + 1] : sorted[0] + 360;
    if (next - longitude <= widest) continue;
    widest = next - longitude;
    start = next;
  }
  return start + (360 - widest) / 2;
}
