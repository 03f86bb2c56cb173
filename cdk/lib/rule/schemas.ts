import { z } from 'zod';

/** Returns a schema for text that matches `form`. Its error says what is allowed. */
export const text = (form: RegExp, allowed: string) =>
  z.string({ error: `allowed: ${allowed}` }).regex(form, { error: `allowed: ${allowed}` });

/** Returns a schema for whole numbers from `min` to `max`. */
export const integer = (min: number, max: number) => {
  const error = `allowed: a whole number from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
};

/** Returns a schema for a list without repeated entries. */
export const uniqueList = <T extends z.ZodType>(entry: T) =>
  z.array(entry).refine((entries) => new Set(entries).size === entries.length, { error: 'allowed: each entry once' });
