import { parseIpv4 } from '@revtr/net';
import { WatchAlerts, Watches, WatchHistory, WatchRuns } from '@revtr/storage';
import { AlertDispatcher } from '../watches/alerts/dispatcher.ts';
import { samePlaceBy } from '../watches/detection/same-place.ts';
import { WatchOwners } from '../watches/owners.ts';
import { WatchScheduler } from '../watches/scheduler.ts';
import type { WatchSettings } from '../watches/settings.ts';
import { WatchService } from '../watches/watch-service.ts';
import { WebhookSender } from '../watches/webhooks/sender.ts';
import type { ResolveHost } from '../watches/webhooks/target.ts';
import type { Context } from './context.ts';
import type { RoleDuty } from './duties.ts';
import type { AccountParts } from './open-accounts.ts';
import type { MailSubsystem } from './open-mail.ts';
import type { MeasurementsSubsystem } from './open-measurements.ts';
import type { MeasuringSubsystem } from './open-measuring.ts';
import type { Subsystem } from './subsystem.ts';

export interface WatchesSubsystem extends Subsystem {
  readonly service: WatchService;
  readonly table: Watches;
  readonly history: WatchHistory;
}

/** Opens the watches: their scheduler, and the dispatcher of their alerts. */
export function openWatches(
  { database, clock, random, log }: Context,
  options: WatchSettings & { readonly publicUrl: string | undefined },
  collaborators: {
    readonly accounts: AccountParts;
    readonly measuring: MeasuringSubsystem;
    readonly measurements: MeasurementsSubsystem;
    readonly mail: MailSubsystem;
    readonly resolveWebhook: ResolveHost | undefined;
    readonly duty: RoleDuty;
  },
): WatchesSubsystem {
  const { accounts, measuring, measurements, mail, resolveWebhook, duty } = collaborators;
  const { users, keys } = accounts;
  const { submission } = measurements;
  const { aliases } = measuring.system.engineParts;
  const watches = new Watches(database.db);
  const alerts = new WatchAlerts(database.db);
  const history = new WatchHistory(database.db);
  const { publicUrl } = options;
  const pageOf = (id: number): string | undefined =>
    publicUrl === undefined ? undefined : new URL(`/watches/${id}`, publicUrl).href;
  const owners = new WatchOwners({ users, keys, directory: measuring.directory, clock });
  const sender = new WebhookSender(
    { allowsInternal: options.allowsInternalWebhooks },
    { clock, resolve: resolveWebhook },
  );
  const dispatcher = new AlertDispatcher({
    ...{ alerts, watches, users, sender, pageOf, clock: duty.clock, log },
    mail: (recipient, text) => mail.send(recipient, text),
    random: () => random.next(),
  });
  const scheduler = new WatchScheduler(options, {
    ...{ history, submission, owners, dispatcher, pageOf, clock: duty.clock, random, log },
    runs: new WatchRuns(database.db),
    samePlace: samePlaceBy(aliases),
    identifiesRouter: (address) => aliases.routerKey(parseIpv4(address)) !== undefined,
  });
  return {
    name: 'watches',
    service: new WatchService(options, { watches, alerts, submission, owners, dispatcher, pageOf, clock }),
    table: watches,
    history,
    start: () => dispatcher.start(),
    onAgentsSettled: () => scheduler.start(),
    stop: async () => {
      await scheduler.stop();
      await dispatcher.stop();
    },
  };
}
