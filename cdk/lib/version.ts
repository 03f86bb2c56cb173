import { version } from '../package.json';

/** The version of stagecert, which is that of the function. */
export const VERSION: string = version;
