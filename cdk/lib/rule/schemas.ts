import { z } from 'zod';

/** Text of one form. The error says what is allowed. */
export const text = (form: RegExp, allowed: string) =>
  z.string({ error: `allowed: ${allowed}` }).regex(form, { error: `allowed: ${allowed}` });

/** A whole number of a range. */
export const whole = (least: number, most: number) => {
  const error = `allowed: a whole number from ${least} to ${most}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
};

/** A list without a repeated entry. */
export const several = <T extends z.ZodType>(entry: T) =>
  z.array(entry).refine((entries) => new Set(entries).size === entries.length, { error: 'allowed: each entry once' });
