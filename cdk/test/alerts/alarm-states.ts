/** What an alarm's template says about when it goes off. */
export interface AlarmSettings {
  readonly Threshold: number;
  readonly EvaluationPeriods: number;
  readonly DatapointsToAlarm?: number;
  readonly ComparisonOperator: string;
  readonly TreatMissingData: string;
}

export type State = 'OK' | 'ALARM';

/**
 * Returns the state of an alarm after each period, as "Evaluating an alarm" in CloudWatch's user
 * guide describes it for settings in which missing data doesn't breach: it is in ALARM if enough of
 * the last periods breach the threshold.
 */
export function states(alarm: AlarmSettings, periods: readonly (number | null)[]): State[] {
  if (alarm.ComparisonOperator !== 'GreaterThanThreshold' || alarm.TreatMissingData !== 'notBreaching') {
    throw new Error('unsupported alarm');
  }
  return periods.map((_, index) => {
    const last = periods.slice(Math.max(0, index + 1 - alarm.EvaluationPeriods), index + 1);
    const breaching = last.filter((value) => value !== null && value > alarm.Threshold);
    return breaching.length >= (alarm.DatapointsToAlarm ?? alarm.EvaluationPeriods) ? 'ALARM' : 'OK';
  });
}

/** Returns the periods after which an alarm goes into ALARM: those for which it notifies. */
export function notifications(alarm: AlarmSettings, periods: readonly (number | null)[]): number[] {
  const all = states(alarm, periods);
  return all.flatMap((state, index) => (state === 'ALARM' && all[index - 1] !== 'ALARM' ? [index] : []));
}
