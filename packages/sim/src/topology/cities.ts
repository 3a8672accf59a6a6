/** A place where networks meet. */
export interface City {
  /** Three letters, as in router names. */
  readonly code: string;
  readonly name: string;
  /** Two letters (ISO 3166-1). */
  readonly country: string;
  readonly region: 'EU' | 'NA' | 'SA' | 'AS' | 'AF' | 'OC';
  /** Degrees. */
  readonly latitude: number;
  readonly longitude: number;
  /** Relative number of networks at home here. */
  readonly weight: number;
}

const row = (
  code: string,
  name: string,
  country: string,
  region: City['region'],
  latitude: number,
  longitude: number,
  weight: number,
): City => ({ code, name, country, region, latitude, longitude, weight });

/** The cities in which simulated networks have routers. */
export const CITIES: readonly City[] = [
  row('ams', 'Amsterdam', 'NL', 'EU', 52.37, 4.9, 8),
  row('fra', 'Frankfurt', 'DE', 'EU', 50.11, 8.68, 8),
  row('lon', 'London', 'GB', 'EU', 51.51, -0.13, 8),
  row('par', 'Paris', 'FR', 'EU', 48.86, 2.35, 6),
  row('mad', 'Madrid', 'ES', 'EU', 40.42, -3.7, 3),
  row('mil', 'Milan', 'IT', 'EU', 45.46, 9.19, 4),
  row('vie', 'Vienna', 'AT', 'EU', 48.21, 16.37, 3),
  row('waw', 'Warsaw', 'PL', 'EU', 52.23, 21.01, 3),
  row('sto', 'Stockholm', 'SE', 'EU', 59.33, 18.07, 3),
  row('prg', 'Prague', 'CZ', 'EU', 50.08, 14.44, 2),
  row('buh', 'Bucharest', 'RO', 'EU', 44.43, 26.1, 2),
  row('kbp', 'Kyiv', 'UA', 'EU', 50.45, 30.52, 2),
  row('ath', 'Athens', 'GR', 'EU', 37.98, 23.73, 1),
  row('lis', 'Lisbon', 'PT', 'EU', 38.72, -9.14, 1),
  row('nyc', 'New York', 'US', 'NA', 40.71, -74.01, 7),
  row('iad', 'Ashburn', 'US', 'NA', 39.04, -77.49, 7),
  row('chi', 'Chicago', 'US', 'NA', 41.88, -87.63, 5),
  row('dfw', 'Dallas', 'US', 'NA', 32.78, -96.8, 4),
  row('lax', 'Los Angeles', 'US', 'NA', 34.05, -118.24, 5),
  row('sjc', 'San Jose', 'US', 'NA', 37.34, -121.89, 5),
  row('sea', 'Seattle', 'US', 'NA', 47.61, -122.33, 3),
  row('mia', 'Miami', 'US', 'NA', 25.76, -80.19, 4),
  row('atl', 'Atlanta', 'US', 'NA', 33.75, -84.39, 3),
  row('den', 'Denver', 'US', 'NA', 39.74, -104.99, 2),
  row('yyz', 'Toronto', 'CA', 'NA', 43.65, -79.38, 3),
  row('mex', 'Mexico City', 'MX', 'NA', 19.43, -99.13, 2),
  row('gru', 'Sao Paulo', 'BR', 'SA', -23.55, -46.63, 6),
  row('rio', 'Rio de Janeiro', 'BR', 'SA', -22.91, -43.17, 3),
  row('eze', 'Buenos Aires', 'AR', 'SA', -34.6, -58.38, 2),
  row('scl', 'Santiago', 'CL', 'SA', -33.45, -70.67, 2),
  row('bog', 'Bogota', 'CO', 'SA', 4.71, -74.07, 1),
  row('sin', 'Singapore', 'SG', 'AS', 1.35, 103.82, 5),
  row('hkg', 'Hong Kong', 'HK', 'AS', 22.32, 114.17, 4),
  row('tyo', 'Tokyo', 'JP', 'AS', 35.68, 139.69, 5),
  row('osa', 'Osaka', 'JP', 'AS', 34.69, 135.5, 2),
  row('sel', 'Seoul', 'KR', 'AS', 37.57, 126.98, 2),
  row('tpe', 'Taipei', 'TW', 'AS', 25.03, 121.57, 2),
  row('bom', 'Mumbai', 'IN', 'AS', 19.08, 72.88, 4),
  row('del', 'Delhi', 'IN', 'AS', 28.61, 77.21, 3),
  row('jkt', 'Jakarta', 'ID', 'AS', -6.21, 106.85, 4),
  row('bkk', 'Bangkok', 'TH', 'AS', 13.76, 100.5, 2),
  row('dxb', 'Dubai', 'AE', 'AS', 25.2, 55.27, 2),
  row('ist', 'Istanbul', 'TR', 'AS', 41.01, 28.98, 2),
  row('jnb', 'Johannesburg', 'ZA', 'AF', -26.2, 28.05, 3),
  row('los', 'Lagos', 'NG', 'AF', 6.52, 3.38, 1),
  row('nbo', 'Nairobi', 'KE', 'AF', -1.29, 36.82, 1),
  row('cai', 'Cairo', 'EG', 'AF', 30.04, 31.24, 1),
  row('syd', 'Sydney', 'AU', 'OC', -33.87, 151.21, 3),
  row('akl', 'Auckland', 'NZ', 'OC', -36.85, 174.76, 1),
];

const EARTH_RADIUS_KM = 6371;
const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/** Great-circle distance, kilometres. */
export function distanceKm(a: City, b: City): number {
  const dLat = radians(b.latitude - a.latitude);
  const dLon = radians(b.longitude - a.longitude);
  const h =
    Math.sin(dLat / 2) ** 2 + Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * Math.sin(dLon / 2) ** 2;
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.sqrt(h));
}

/** Indexes of all cities but `home`, the nearest first. */
export function othersByDistance(home: number): number[] {
  const distances = CITIES.map((city) => distanceKm(CITIES[home], city));
  return [...CITIES.keys()].filter((i) => i !== home).sort((a, b) => distances[a] - distances[b]);
}

/** One-way delay of fibre between two cities: light at 2/3 c over 1.4 times the great circle. Microseconds. */
export function fibreDelayMicros(a: City, b: City): number {
  return Math.round(distanceKm(a, b) * 1.4 * 5) + 30;
}
