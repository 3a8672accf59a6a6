import { readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { isClientError } from '@revtr/client';
import { formatIpv4 } from '@revtr/net';
import { untilReady } from '../../cluster/servers.ts';
import { FACTOR } from '../prometheus/faster-rules.ts';
import type { Trial } from './trial.ts';

const DAY_SECONDS = 86_400;
const OLD_DAYS = 31;
const DATASET = 'prefix2as';
/** More than a fifth of 26 agents. */
const QUARANTINED = 6;

/** The mail server refuses recipients. */
export const mailsRefused: Trial = {
  fault: 'The mail server refuses all recipients.',
  alerts: ['RevtrMailsFail'],
  others: [],
  begin: async ({ mails, operator }) => {
    mails.isRefusing = true;
    await operator.accounts.invite({ email: 'new@example.org', name: 'New', role: 'user' });
    return async () => {
      mails.isRefusing = false;
    };
  },
};

/** The file of a dataset has not been replaced for long. */
export const datasetOld: Trial = {
  fault: `The file of a dataset is ${OLD_DAYS} days old when a process starts; later the same file is imported again.`,
  alerts: ['RevtrDatasetOld'],
  others: ['RevtrControllerDown'],
  begin: async ({ chaos, datasetDirectory, operator }) => {
    const file = join(datasetDirectory, DATASET);
    const then = new Date(Date.now() - OLD_DAYS * DAY_SECONDS * 1_000);
    utimesSync(file, then, then);
    const reader = chaos.controllers.get('mail2');
    await reader?.stop();
    reader?.start();
    return async () => {
      await operator.fleet.importDataset(DATASET, new Blob([readFileSync(file)]));
    };
  },
};

/** A dataset cannot be downloaded. The fault began when the system started. */
export const datasetFails: Trial = {
  fault: 'The server of a dataset answers 503, from the start of the system on.',
  alerts: ['RevtrDatasetFails'],
  mostSeconds: 2 * (DAY_SECONDS / FACTOR),
  others: [],
  begin:
    async ({ datasets, operator }) =>
    async () => {
      datasets.isFailing = false;
      // Another fault may have struck the controller at this moment.
      const isUpdated = (): Promise<boolean> =>
        operator.fleet.updateDataset('ripeProbes').then(
          () => true,
          (error: unknown) => {
            if (!isClientError(error)) throw error;
            return false;
          },
        );
      await untilReady('the dataset', isUpdated);
    },
};

/** An operator stops spoofing and forgets it. */
export const spoofingStopped: Trial = {
  fault: 'An operator stops all spoofing.',
  alerts: ['RevtrProbingStopped'],
  others: ['RevtrTimeoutsRise'],
  begin: async ({ operator: { fleet } }) => {
    await fleet.stopProbes({ scope: 'spoofing', subject: '', reason: 'a test of alerts' });
    return async () => void (await fleet.resumeProbes('spoofing'));
  },
};

/** Many vantage points are in quarantine. */
export const agentsQuarantined: Trial = {
  fault: `An operator quarantines ${QUARANTINED} of 26 agents.`,
  alerts: ['RevtrAgentsQuarantined'],
  others: [],
  begin: async ({ chaos, operator: { fleet } }) => {
    const vantagePoints = chaos.world.internet.places.vantagePoints.slice(0, QUARANTINED);
    const addresses = vantagePoints.map(({ address }) => formatIpv4(address));
    for (const address of addresses) await fleet.quarantine(address, 'a test of alerts');
    return async () => {
      for (const address of addresses) await fleet.test(address);
      // The next fault must not strike agents that are tested.
      for (const address of addresses)
        await untilReady(address, async () => (await fleet.agent(address)).state === 'ready');
    };
  },
};
