import { randomBytes } from 'node:crypto';
import { AbuseContacts, OptOutRequests } from '@revtr/storage';
import { OptOutService, type OptOutServiceOptions } from '../opt-outs/opt-out-service.ts';
import { ReverseDnsProof, type ReverseNameServer } from '../opt-outs/reverse-dns-proof.ts';
import type { Context } from './context.ts';
import type { RoleDuty } from './duties.ts';
import type { MailSubsystem } from './open-mail.ts';
import type { MeasuringSubsystem } from './open-measuring.ts';
import type { Subsystem } from './subsystem.ts';

export interface OptOutSubsystem extends Subsystem {
  readonly service: OptOutService;
  readonly requests: OptOutRequests;
  readonly contacts: AbuseContacts;
}

/** Opens what takes requests to opt out. */
export function openOptOuts(
  { database, facts, clock, log }: Context,
  options: OptOutServiceOptions,
  {
    measuring,
    mail,
    dns,
    duty,
  }: {
    readonly measuring: MeasuringSubsystem;
    readonly mail: MailSubsystem;
    readonly dns: ReverseNameServer;
    readonly duty: RoleDuty;
  },
): OptOutSubsystem {
  const requests = new OptOutRequests(database.db);
  const contacts = new AbuseContacts(database.db);
  const service = new OptOutService(options, {
    requests,
    contacts,
    published: measuring.optOuts.published,
    proof: new ReverseDnsProof({ dns, clock }),
    ipToAs: facts.ipToAs,
    mail: mail.send,
    randomBytes,
    clock: duty.clock,
    log,
  });
  return { name: 'opt-outs', service, requests, contacts, start: () => service.start(), stop: () => service.stop() };
}
