import type { Life } from './life.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** What operators and networks do: requests to opt out, opt-outs that end, kill switches, tests of quarantined agents, and looks at the state of the system. */
export async function operate(life: Life): Promise<void> {
  const { operator, destinations, url, time } = life.system;
  const { random } = life;
  const network = (): string => `${random.pick(destinations).replace(/\.\d+$/, '.0')}/24`;
  await Promise.all([
    life.repeat(6, async () => {
      const body = JSON.stringify({ network: network(), reason: 'our routers are slow' });
      const headers = { 'content-type': 'application/json' };
      const answer = await time.during(() =>
        fetch(`${url}/api/v2/opt-out-requests`, { method: 'POST', headers, body }).then(async (response) => ({
          status: response.status,
          text: await response.text(),
        })),
      );
      life.count(`requests to opt out: ${answer.status}`);
      for (const { id } of (await life.ask('requests listed', () => operator.fleet.optOutRequests('pending'))) ?? [])
        await life.ask('requests refused', () => operator.fleet.refuseOptOut(id));
    }),
    life.repeat(4, async () => {
      const opted = network();
      await life.ask('opt-outs', () => operator.fleet.addOptOut(opted, 'soak'));
      await life.pause(HOUR_MS);
      await life.ask('opt-outs ended', () => operator.fleet.removeOptOut(opted));
    }),
    life.repeat(4, async () => {
      await life.ask('probing stopped', () =>
        operator.fleet.stopProbes({ scope: 'probing', subject: '', reason: 'soak' }),
      );
      await life.pause(5 * MINUTE_MS);
      await life.ask('probing resumed', () => operator.fleet.resumeProbes('probing'));
    }),
    life.repeat(24, async () => {
      const agents = (await life.ask('agents listed', () => operator.fleet.agents())) ?? [];
      for (const { address } of agents.filter(({ state }) => state === 'quarantined'))
        await life.ask('quarantined agents tested', () => operator.fleet.test(address));
    }),
    life.repeat(24, async () => {
      await life.ask('status', () => operator.fleet.status());
      await life.ask('accuracy', () => operator.fleet.accuracy());
    }),
  ]);
}
