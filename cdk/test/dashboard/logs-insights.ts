/** A record of a log group: the fields that CloudWatch Logs discovers in a JSON line. */
export type LogRecord = Readonly<Record<string, unknown>>;

type Cell = string | number | undefined;

/**
 * Evaluates the part of CloudWatch Logs Insights' query language that the saved queries use, as
 * "Logs Insights language query syntax" describes it. A comparison with an absent field is false.
 */
export function queryLogs(query: string, records: readonly LogRecord[]): Record<string, Cell>[] {
  let rows = records.map((record) => ({ ...flattened(record) }));
  for (const command of query.split('|').map((it) => it.trim())) {
    const [, name = '', rest = ''] = /^(\w+) ([\s\S]*)$/.exec(command) ?? [];
    rows = COMMANDS[name]?.(rows, rest) ?? unsupported(command);
  }
  return rows;
}

type Row = Record<string, Cell>;

const COMMANDS: Readonly<Record<string, (rows: Row[], rest: string) => Row[]>> = {
  filter: (rows, rest) => rows.filter((row) => condition(rest, row)),
  display: (rows, rest) => {
    const fields = rest.split(', ');
    return rows.map((row) => Object.fromEntries(fields.map((field) => [field, row[field]])));
  },
  fields: (rows, rest) => {
    const [, list = '', alias = ''] = /^coalesce\((.*)\) as (\w+)$/.exec(rest) ?? unsupported(rest);
    return rows.map((row) => ({
      ...row,
      [alias]: list
        .split(', ')
        .map((field) => row[field])
        .find((value) => value !== undefined),
    }));
  },
  stats: aggregate,
  sort: (rows, rest) => {
    const [field = '', direction] = rest.split(' ');
    const sign = direction === 'asc' ? 1 : -1;
    const value = (row: Row) => row[field] ?? 0;
    return [...rows].sort((one, other) => sign * (value(one) < value(other) ? -1 : 1));
  },
  limit: (rows, rest) => rows.slice(0, Number(rest)),
};

function flattened(record: LogRecord, prefix = ''): Row {
  return Object.fromEntries(
    Object.entries(record).flatMap(([key, value]) =>
      typeof value === 'object' && value !== null
        ? Object.entries(flattened(value as LogRecord, `${prefix}${key}.`))
        : [[`${prefix}${key}`, value as Cell]],
    ),
  );
}

/** Evaluates a condition: `or` binds less than `and`, and `not` more than both. */
function condition(text: string, row: Row): boolean {
  const alternatives = split(text, ' or ');
  if (alternatives.length > 1) {
    return alternatives.some((it) => condition(it, row));
  }
  const parts = split(text, ' and ');
  if (parts.length > 1) {
    return parts.every((it) => condition(it, row));
  }
  const term = text.trim();
  if (term.startsWith('not ')) {
    return !condition(term.slice(4), row);
  }
  if (term.startsWith('(') && term.endsWith(')')) {
    return condition(term.slice(1, -1), row);
  }
  const [, present] = /^ispresent\(([\w.]+)\)$/.exec(term) ?? [];
  if (present !== undefined) {
    return row[present] !== undefined;
  }
  const [, left = '', operator, right = ''] = /^([\w.]+) (=|!=|>) ("[^"]*"|[\w.]+)$/.exec(term) ?? unsupported(term);
  const value = row[left];
  const other = right.startsWith('"') ? right.slice(1, -1) : /^\d+$/.test(right) ? Number(right) : row[right];
  if (value === undefined || other === undefined) {
    return false;
  }
  return operator === '=' ? value === other : operator === '!=' ? value !== other : value > other;
}

/** Splits at a separator outside parentheses. */
function split(text: string, separator: string): string[] {
  const parts = [''];
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (depth === 0 && text.startsWith(separator, at)) {
      parts.push('');
      at += separator.length - 1;
    } else {
      const character = text[at] ?? '';
      depth += character === '(' ? 1 : character === ')' ? -1 : 0;
      parts[parts.length - 1] += character;
    }
  }
  return parts;
}

function aggregate(rows: Row[], rest: string): Row[] {
  const [list = '', grouping = ''] = rest.split(' by ');
  const keys = split(grouping, ', ').map((it) => {
    const [field = '', alias = field] = it.split(' as ');
    return { alias, of: (row: Row) => (field === 'bin(1d)' ? String(row['@timestamp']).slice(0, 10) : row[field]) };
  });
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = JSON.stringify(keys.map(({ of }) => of(row) ?? null));
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].map((group) => ({
    ...Object.fromEntries(keys.map(({ alias, of }) => [alias, of(group[0] ?? {})])),
    ...Object.fromEntries(split(list, ', ').map((it) => aggregated(it, group))),
  }));
}

function aggregated(text: string, group: readonly Row[]): [string, Cell] {
  const [, name = '', field = '', divisor, alias = ''] =
    /^(\w+)\(([\w.@*]+)\)(?: \/ (\d+))? as (\w+)$/.exec(text) ?? unsupported(text);
  const present = field === '*' ? group.map(() => 1) : group.flatMap((row) => row[field] ?? []);
  const numbers = present as number[];
  const newest = [...group].sort((one, other) => ((one['@timestamp'] ?? 0) < (other['@timestamp'] ?? 0) ? 1 : -1));
  const functions: Readonly<Record<string, () => Cell>> = {
    count: () => present.length,
    sum: () => numbers.reduce((total, it) => total + it, 0),
    avg: () => numbers.reduce((total, it) => total + it, 0) / numbers.length,
    max: () => [...present].sort((one, other) => (one < other ? 1 : -1))[0],
    latest: () => newest.map((row) => row[field]).find((it) => it !== undefined),
  };
  const value = functions[name]?.();
  return [alias, divisor === undefined || value === undefined ? value : Number(value) / Number(divisor)];
}

function unsupported(text: string): never {
  throw new Error(`unsupported: ${text}`);
}
