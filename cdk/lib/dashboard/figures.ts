/**
 * The expressions in CloudWatch's metric math that turn data points of sweeps into figures. A sweep
 * writes one data point per account, so a period that has not ended includes only the accounts that
 * have been swept by then, and most periods of an account have no data point at all.
 *
 * The functions are in CloudWatch's user guide, "Using math expressions": `FILL` fills the missing
 * values, with `REPEAT` from the value before; `EPOCH` returns the timestamps, missing ones
 * included; `MAX` of one time series is its maximum.
 */

/** A value below those of all metrics. It marks periods without a data point. */
const NO_DATA = -1;

/** More days than any certificate is valid. It marks Regions without a data point. */
export const FAR = 1_000_000;

/** Returns the value at each time of one account's last sweep. */
export const lastSweep = (id: string) => `FILL(${id}, REPEAT)`;

/**
 * Returns the value of the last complete period at each time. Periods without a data point are left
 * out, because unknown is not zero: `IF` would return 0 for them.
 */
export const lastComplete = (id: string, hasData = `FILL(${id}, ${NO_DATA}) > ${NO_DATA}`) =>
  `FILL(IF(${hasData} AND ${isComplete(id)}, ${id}), REPEAT)`;

/** Does the same for a number of events: a complete period without a data point had none. */
export const lastCompleteCount = (id: string) => `FILL(IF(${isComplete(id)}, FILL(${id}, 0)), REPEAT)`;

/** Returns the sum over several Regions. */
export const sum = (ids: readonly string[]) => `SUM([${ids.join(', ')}])`;

/** Returns the minimum over several Regions, of which some may have no data. */
export const minimum = (ids: readonly string[]) => `MIN([${ids.map((id) => `FILL(${id}, ${FAR})`).join(', ')}])`;

/** Returns the condition that a {@link minimum} has data from any Region. */
export const hasMinimum = (id: string) => `${id} < ${FAR}`;

const isComplete = (id: string) => `EPOCH(${id}) < MAX(EPOCH(${id}))`;
