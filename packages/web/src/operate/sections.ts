import type { ComponentType } from 'react';
import { Agents } from './agents.tsx';
import { Applications } from './applications.tsx';
import { Audit } from './audit.tsx';
import { Budgets } from './budgets.tsx';
import { Datasets } from './datasets.tsx';
import { KillSwitches } from './kill-switches.tsx';
import { Mails } from './mails.tsx';
import { OptOuts } from './opt-outs.tsx';
import { Overview } from './overview.tsx';
import { Queue } from './queue.tsx';
import { Users } from './users.tsx';

/** A part of the pages for operators. */
export interface Section {
  readonly title: string;
  readonly Component: ComponentType;
}

/** The parts, by the last part of their path; the overview has the empty one. */
export const SECTIONS: Readonly<Record<string, Section>> = {
  '': { title: 'Overview', Component: Overview },
  'kill-switches': { title: 'Kill switches', Component: KillSwitches },
  applications: { title: 'Applications', Component: Applications },
  users: { title: 'Users', Component: Users },
  agents: { title: 'Sources and vantage points', Component: Agents },
  queue: { title: 'Queue', Component: Queue },
  budgets: { title: 'Budgets', Component: Budgets },
  'opt-outs': { title: 'Opt-outs and abuse', Component: OptOuts },
  audit: { title: 'Audit', Component: Audit },
  mails: { title: 'Mails', Component: Mails },
  datasets: { title: 'Datasets', Component: Datasets },
};
