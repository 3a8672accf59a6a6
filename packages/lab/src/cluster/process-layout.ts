import { ROLES, type Role } from '@revtr/controller';

/** One process of a controller. */
export interface PlannedProcess {
  /** Name, as `engine1`. */
  readonly name: string;
  readonly roles: readonly Role[];
}

/** A controller of one process, which needs no bus. */
export const SINGLE_PROCESS: readonly PlannedProcess[] = [{ name: 'controller1', roles: ROLES }];

/** Processes of one role each: the same number of every role, or a number for each. */
export function separateProcesses(count: number | Readonly<Record<Role, number>>): readonly PlannedProcess[] {
  const countOf = (role: Role): number => (typeof count === 'number' ? count : count[role]);
  return ROLES.flatMap((role) =>
    Array.from({ length: countOf(role) }, (_, i) => ({ name: `${role}${i + 1}`, roles: [role] })),
  );
}
