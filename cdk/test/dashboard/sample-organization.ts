import type { DataPoint } from './cloudwatch';

export const DAY = 86_400;

/** The midnight, in UTC, at which the day of the tests begins. */
export const TODAY = Date.UTC(2026, 10, 29) / 1000;

export const ACCOUNTS = 500;

/** What a sweep of an account finds. */
export interface State {
  readonly StagesEvaluated: number;
  readonly StagesNonCompliant: number;
  readonly StagesNotApplicable: number;
  readonly StagesWithValidCertificate: number;
  readonly StagesWithoutValidCertificate: number;
  readonly CertificatesExpired: number;
  readonly CertificatesWithin30Days: number;
  readonly DaysToNextExpiry?: number;
}

/**
 * Returns what a sweep finds in an account on a day, counted from today: 0 today, -1 yesterday.
 *
 * Each account has one certificate, which has expired in 22 of 500 accounts by yesterday and in one
 * more today, in most of them 301 days ago. The next one expires in 3 days from yesterday.
 */
export function stateOf(account: number, day: number): State {
  const stages = 3 + (account % 9);
  const hasCertificate = account % 5 > 0;
  const expires = account === 44 || account === 88 ? -1 : account === 22 ? 0 : account % 22 === 0 ? -301 : undefined;
  const isExpired = expires !== undefined && day >= expires;
  const others = account === 7 ? 2 : 40 + (account % 300);
  const days = others - day;
  return {
    StagesEvaluated: stages,
    StagesNonCompliant: isExpired ? 2 : account % 2,
    StagesNotApplicable: 1,
    StagesWithValidCertificate: isExpired ? 0 : hasCertificate ? stages - 2 : 1,
    StagesWithoutValidCertificate: isExpired ? stages - 1 : hasCertificate ? 1 : stages - 2,
    CertificatesExpired: Number(isExpired),
    CertificatesWithin30Days: Number(days <= 30),
    ...(hasCertificate || account === 7 ? { DaysToNextExpiry: days } : {}),
  };
}

/** One sweep of an account: the attempts, of which only the last one succeeds. */
export interface Sweep {
  readonly account: number;
  readonly day: number;
  readonly attempts: readonly number[];
}

/**
 * Returns the sweeps of an account on the last seven days and today, each day at the same time.
 * Those of the accounts are spread over the day.
 */
export function sweepsOf(account: number): Sweep[] {
  const minute = Math.floor(((account * 167) % ACCOUNTS) * (1440 / ACCOUNTS));
  return Array.from({ length: 8 }, (_, index) => {
    const at = TODAY + (index - 7) * DAY + minute * 60;
    // Lambda retries after one minute, and after two more. These accounts' sweeps don't reach the
    // next day.
    const isRetried = account % 50 === 7 && minute < 1430;
    return { account, day: index - 7, attempts: isRetried ? [at, at + 60, at + 180] : [at] };
  });
}

/** Returns the id of an account. */
export const accountId = (account: number) => String(100_000_000_000 + account);

/** Which data points an attempt that fails writes. */
export type Failing = 'only SweepsSucceeded' | 'all';

/**
 * Returns the data points of all sweeps. The function of a Region writes those of all its accounts.
 */
export function dataPoints(regions: readonly string[], dimension: string, failing: Failing): DataPoint[] {
  return Array.from({ length: ACCOUNTS }, (_, account) => account).flatMap((account) =>
    sweepsOf(account).flatMap(({ day, attempts }) =>
      attempts.flatMap((at, index) => {
        const succeeds = index === attempts.length - 1;
        const gauges = succeeds || failing === 'all' ? stateOf(account, day) : {};
        return regions.flatMap((region) =>
          Object.entries({ SweepsSucceeded: Number(succeeds), ...gauges }).map(([metric, value]) => ({
            account: accountId(account),
            region,
            at,
            namespace: 'stagecert',
            dimension,
            metric,
            value: value as number,
          })),
        );
      }),
    ),
  );
}

/** Returns what the sweeps of all accounts found in the 24 hours that begin at an instant. */
export function foundFrom(start: number): State[] {
  return Array.from({ length: ACCOUNTS }, (_, account) => account).flatMap((account) =>
    sweepsOf(account)
      .filter(({ attempts }) => (attempts.at(-1) ?? 0) >= start && (attempts.at(-1) ?? 0) < start + DAY)
      .map(({ day }) => stateOf(account, day)),
  );
}

/** Returns what the last sweep of an account before an instant found. */
export function lastFound(account: number, now: number): State {
  const [last] = sweepsOf(account)
    .filter(({ attempts }) => (attempts.at(-1) ?? 0) <= now)
    .slice(-1);
  return stateOf(account, last?.day ?? 0);
}
