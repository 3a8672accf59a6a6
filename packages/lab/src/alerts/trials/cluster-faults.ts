import { between } from '../../chaos/network/star-network.ts';
import { AGENTS, FLEET, namesOf, POSTGRES } from '../../chaos/system/names.ts';
import type { Trial } from './trial.ts';

/** Measurements wait, and their ages grow. */
export const WAITING = ['RevtrQueueStands', 'RevtrProbesWait'];
const SLOW_MS = 2_600;

/**
 * Nothing owns a source. The engines return their work to the queue, because a raw probe that was under way in one that is killed waits for ten minutes:
 * not long for the real rules, but for these.
 */
export const enginesStop: Trial = {
  fault: 'Both engines are stopped.',
  alerts: ['RevtrControllerDown', 'RevtrRoleMissing', 'RevtrSourcesUnowned', ...WAITING],
  others: [],
  begin: async ({ chaos }) => {
    const engines = namesOf('engine').flatMap((name) => chaos.controllers.get(name) ?? []);
    await Promise.all(engines.map((engine) => engine.stop()));
    return async () => {
      for (const engine of engines) engine.start();
    };
  },
};

/** PostgreSQL accepts connections, but answers nothing. */
export const databaseStops: Trial = {
  fault: 'PostgreSQL is suspended.',
  alerts: ['RevtrStateUnreadable', 'RevtrApiErrors'],
  others: [...WAITING, 'RevtrSourcesUnowned', 'RevtrApiSlow', 'RevtrTimeoutsRise'],
  begin: async ({ chaos: { network, postgres } }) => {
    await network.signal(postgres.primaryHost, 'SIGSTOP');
    return () => network.signal(postgres.primaryHost, 'SIGCONT');
  },
};

/** No process reaches the others. */
export const busStops: Trial = {
  fault: 'NATS is stopped.',
  alerts: ['RevtrBusUnreachable'],
  others: [...WAITING, 'RevtrSourcesUnowned', 'RevtrTimeoutsRise', 'RevtrHostsSuspended'],
  begin: async ({ chaos: { nats } }) => {
    await nats.stop();
    return async () => nats.start();
  },
};

/** An engine must not probe, and the other one takes its sources over. */
export const auditDiskFull: Trial = {
  fault: 'The disk of the audit of an engine is full.',
  alerts: ['RevtrAuditUnwritable'],
  others: WAITING,
  begin: async ({ chaos: { auditDisks } }) => {
    const disk = auditDisks.get(namesOf('engine')[0]);
    disk?.fill();
    return async () => disk?.free();
  },
};

/** The gateways run, but no agent reaches them. */
export const agentsCut: Trial = {
  fault: 'All packets between agents and gateways are lost.',
  alerts: ['RevtrNoAgents'],
  others: [...WAITING, 'RevtrTimeoutsRise', 'RevtrHostsSuspended'],
  begin: async ({ chaos: { network } }) => {
    const directions = namesOf('gateway').flatMap((gateway) =>
      [FLEET, ...AGENTS].flatMap((agent) => between(gateway, agent)),
    );
    await network.cut(directions);
    return () => network.mend(directions);
  },
};

/** Each query of an API takes seconds. */
export const databaseSlow: Trial = {
  fault: `Packets between an API and PostgreSQL take ${SLOW_MS / 1_000} s.`,
  alerts: ['RevtrApiSlow'],
  others: ['RevtrStateUnreadable', 'RevtrApiErrors', 'RevtrControllerDown'],
  begin: async ({ chaos: { network } }) => {
    const directions = between(namesOf('api')[1], POSTGRES);
    await network.slow(directions, () => SLOW_MS / 2);
    return () => network.hasten(directions);
  },
};
