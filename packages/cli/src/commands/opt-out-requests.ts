import type { AbuseContact, OptOutRequest } from '@revtr/client';
import { type Command, Option } from 'commander';
import { type ConnectionOptions, withConnection } from '../connection.ts';
import { addCommand, type Context } from '../context.ts';
import { withTable } from '../display.ts';
import { table } from '../render/layout/table.ts';
import type { Screen } from '../terminal.ts';
import { readCount } from './arguments.ts';

interface ListOptions extends ConnectionOptions {
  readonly state?: OptOutRequest['state'];
}
interface DecisionOptions extends ConnectionOptions {
  readonly note: string;
}

/** `revtr admin opt-out requests`, `accept`, `refuse` and the commands about abuse contacts. */
export function addOptOutRequests(optOut: Command, context: Context): void {
  const { output } = context;

  withConnection(withTable(addCommand(optOut, 'requests', 'List the requests to opt out')))
    .addOption(
      new Option('--state <state>', 'only those in this state').choices(['pending', 'accepted', 'refused', 'expired']),
    )
    .action(async (options: ListOptions) => {
      const requests = await (await context.connect(options)).fleet.optOutRequests(options.state);
      output.print(options, requests, renderRequests);
    });

  for (const decision of ['accept', 'refuse'] as const)
    withConnection(
      addCommand(
        optOut,
        decision,
        decision === 'accept' ? 'Accept a request to opt out' : 'Refuse a request to opt out',
      ),
    )
      .argument('<id>', 'number of the request', readCount)
      .option('--note <text>', 'text for the mail to the requester', '')
      .action(async (id: number, options: DecisionOptions) => {
        const { fleet } = await context.connect(options);
        const request = await (decision === 'accept'
          ? fleet.acceptOptOut(id, options.note)
          : fleet.refuseOptOut(id, options.note));
        output.print(options, request, (decided, screen) => renderRequests([decided], screen));
      });

  withConnection(withTable(addCommand(optOut, 'contacts', 'List the registered abuse contacts of networks'))).action(
    async (options: ConnectionOptions) => {
      const contacts = await (await context.connect(options)).fleet.abuseContacts();
      output.print(options, contacts, renderContacts);
    },
  );

  withConnection(addCommand(optOut, 'set-contact', 'Set the registered abuse contact of a network'))
    .argument('<network>', 'prefix or AS number')
    .argument('<email>', 'e-mail address from the registry')
    .action(async (network: string, email: string, options: ConnectionOptions) => {
      const contact = await (await context.connect(options)).fleet.setAbuseContact(network, email);
      output.print(options, contact, (set) => `${set.network} has the abuse contact ${set.email}\n`);
    });

  withConnection(addCommand(optOut, 'remove-contact', 'Remove the abuse contact of a network'))
    .argument('<network>', 'prefix or AS number')
    .action(async (network: string, options: ConnectionOptions) => {
      await (await context.connect(options)).fleet.removeAbuseContact(network);
      output.print(options, { network }, (removed) => `${removed.network} has no abuse contact any more\n`);
    });
}

function renderRequests(requests: readonly OptOutRequest[], screen: Screen): string {
  return table<OptOutRequest>(
    [
      { head: 'ID', align: 'right', cell: ({ id }) => String(id) },
      { head: 'NETWORK', cell: ({ network }) => network },
      { head: 'STATE', cell: ({ proof, state }) => (proof === undefined ? state : `${state} (${proof})`) },
      { head: 'E-MAIL', least: 12, cell: ({ email = '' }) => email },
      { head: 'REASON', cell: ({ reason }) => reason },
    ],
    requests,
    screen,
  );
}

function renderContacts(contacts: readonly AbuseContact[], screen: Screen): string {
  return table<AbuseContact>(
    [
      { head: 'NETWORK', cell: ({ network }) => network },
      { head: 'E-MAIL', cell: ({ email }) => email },
    ],
    contacts,
    screen,
  );
}
