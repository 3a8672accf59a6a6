import { feature, mesh } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import countries from 'world-atlas/countries-110m.json';

// The package describes no types: this file of it is a topology with these two objects (Natural Earth, 1:110 million, public domain).
const topology = countries as unknown as Topology<{ countries: GeometryCollection; land: GeometryCollection }>;

/** The land of the Earth. */
export const LAND = feature(topology, topology.objects.land);

/** The borders between countries. */
export const BORDERS = mesh(topology, topology.objects.countries, (a, b) => a !== b);
