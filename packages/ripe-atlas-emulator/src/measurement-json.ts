import { creditsPerResult, type EmulatedMeasurement } from './measurements.ts';

const STATE_NAMES: Readonly<Record<number, string>> = {
  0: 'Specified',
  1: 'Scheduled',
  2: 'Ongoing',
  4: 'Stopped',
  6: 'No suitable probes',
};

/** The JSON of a measurement. `url` is the URL of the API. */
export function measurementJson(measurement: EmulatedMeasurement, url: string): Record<string, unknown> {
  const { id, definition, state, probes, requested, createdAt } = measurement;
  const created = Math.floor(createdAt / 1000);
  return {
    id,
    type: 'traceroute',
    af: 4,
    target: definition.target,
    target_ip: definition.target,
    resolved_ips: [definition.target],
    description: definition.description,
    status: { id: state, name: STATE_NAMES[state], when: null },
    creation_time: created,
    start_time: created,
    stop_time: null,
    interval: null,
    spread: null,
    is_oneoff: true,
    is_public: definition.is_public,
    is_all_scheduled: true,
    in_wifi_group: false,
    resolve_on_probe: false,
    participant_count: probes.length,
    probes_requested: requested,
    probes_scheduled: probes.length,
    credits_per_result: creditsPerResult(measurement),
    estimated_results_per_day: probes.length,
    protocol: definition.protocol,
    packets: definition.packets,
    paris: definition.paris,
    first_hop: definition.first_hop,
    max_hops: definition.max_hops,
    size: definition.size,
    response_timeout: definition.response_timeout,
    port: null,
    group_id: id,
    result: `${url}measurements/${id}/results/`,
    tags: definition.tags,
  };
}
