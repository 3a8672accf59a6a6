import { z } from 'zod';
import { type BudgetSettings, budgetSettingsSchema, type Limits, uniformBudgets } from './budgets/limits.ts';
import { type CircuitSettings, circuitSettingsSchema } from './circuits/settings.ts';

/** Limits of probing: budgets, and when probing of a network is suspended. */
export interface SafetySettings {
  readonly budgets: BudgetSettings;
  readonly circuits: CircuitSettings;
}

/** The file that `REVTR_BUDGETS` names. What it leaves out has its default. */
export const safetySettingsSchema: z.ZodType<SafetySettings> = z.strictObject({
  budgets: budgetSettingsSchema.prefault({}),
  circuits: circuitSettingsSchema.prefault({}),
});

/** The limits of a controller that is not told others. */
export const DEFAULT_SAFETY: SafetySettings = safetySettingsSchema.parse({});

/** The same budgets for every kind of subject, and no network suspended: for simulated networks, where nobody is harmed. */
export const uniformSafety = (limits: Limits): SafetySettings => ({
  budgets: uniformBudgets(limits),
  circuits: circuitSettingsSchema.parse({ leastProbes: 1_000_000_000 }),
});
