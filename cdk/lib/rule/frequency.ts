/** The sweep frequencies that AWS Config offers. */
export const FREQUENCIES = ['One_Hour', 'Three_Hours', 'Six_Hours', 'Twelve_Hours', 'TwentyFour_Hours'] as const;

/** A sweep frequency in AWS Config's spelling. */
export type Frequency = (typeof FREQUENCIES)[number];
