import type { Check } from '../rule/rule-parameters';
import advice from './advice.json';

/** The text about one check. The function, the command line and the emails use the same text. */
export interface Advice {
  /** What should be true, as Security Hub's titles say it. */
  readonly title: string;

  /** What to do about a stage that fails the check, in one sentence. */
  readonly whatToDo: string;

  /** The severity of a failed check, and what it depends on. */
  readonly severity: string;

  /** The URL of AWS's documentation of the steps. */
  readonly steps: string;
}

/** The text about each check. `advice.json` is generated from `src/checks/advice.rs`. */
export const ADVICE: Readonly<Record<Check, Advice>> = advice;
