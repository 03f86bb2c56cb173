/** The values of a time series at consecutive times, or `null` without a data point. */
export type Series = readonly (number | null)[];

/** A scalar, a time series, or an array of time series: the types of metric math. */
export type Value = number | Series | readonly Series[];

/** What an expression refers to. */
export interface Context {
  /** Returns the value of a line. */
  readonly of: (id: string) => Value;

  /** The times of all series, in seconds. */
  readonly times: readonly number[];

  /**
   * What the functions over an array of time series do if some of them have no data point at a
   * time, which CloudWatch's documentation does not say for `SUM` and `MIN`.
   */
  readonly missing: 'left out' | 'zero';
}

/**
 * Evaluates an expression as "Using math expressions" in CloudWatch's user guide describes it:
 * missing values are 0 in arithmetic and comparisons of two series, a division by 0 drops the data
 * point, and `IF` returns 0 if the condition is true at a time at which the value has no data
 * point.
 */
export function evaluate(expression: string, context: Context): Value {
  const tokens = expression.match(/[A-Za-z_]\w*|\d+(?:\.\d+)?|[<>=!]=|[-+*/<>()[\],]/g) ?? [];
  if (tokens.join('') !== expression.replaceAll(/\s/g, '')) {
    throw new Error(`${expression}: unsupported expression`);
  }
  const parser = new Parser(tokens, context);
  const value = parser.disjunction();
  parser.end(expression);
  return value;
}

const isArray = (value: Value): value is readonly Series[] => Array.isArray(value) && Array.isArray(value[0]);
const isSeries = (value: Value): value is Series => Array.isArray(value) && !isArray(value);

class Parser {
  private position = 0;

  constructor(
    private readonly tokens: readonly string[],
    private readonly context: Context,
  ) {}

  end(expression: string): void {
    if (this.position < this.tokens.length) {
      throw new Error(`${expression}: unexpected ${this.tokens[this.position]}`);
    }
  }

  disjunction(): Value {
    return this.operators(['OR'], () => this.operators(['AND'], () => this.comparison()));
  }

  private comparison(): Value {
    return this.operators(['<', '>', '<=', '>=', '==', '!='], () =>
      this.operators(['+', '-'], () => this.operators(['*', '/'], () => this.operand())),
    );
  }

  private operators(names: readonly string[], operand: () => Value): Value {
    let value = operand();
    for (let name = this.tokens[this.position]; name !== undefined && names.includes(name); ) {
      this.position += 1;
      value = combined(value, operand(), OPERATORS[name] ?? (() => null));
      name = this.tokens[this.position];
    }
    return value;
  }

  private operand(): Value {
    const token = this.next();
    if (token === '-') {
      return combined(0, this.operand(), OPERATORS['-'] ?? (() => null));
    }
    if (token === '(') {
      const value = this.disjunction();
      this.expect(')');
      return value;
    }
    if (token === '[') {
      return this.list(']').map((value) => {
        if (!isSeries(value)) {
          throw new Error('an array consists of time series');
        }
        return value;
      });
    }
    if (/^\d/.test(token)) {
      return Number(token);
    }
    if (this.tokens[this.position] === '(') {
      this.position += 1;
      return this.call(token);
    }
    // The only keyword that is an argument.
    return token === 'REPEAT' ? Number.NaN : this.context.of(token);
  }

  private call(name: string): Value {
    const [first, second, third] = this.list(')');
    const { times, missing } = this.context;
    if (first === undefined) {
      throw new Error(`${name}: no argument`);
    }
    switch (name) {
      case 'FILL':
        return each(first, (series) => filled(series, second));
      case 'EPOCH':
        return each(first, () => times);
      case 'IF':
        if (!isSeries(first) || !isSeries(second ?? 0) || third !== undefined) {
          throw new Error('IF: only IF(time series, time series) is supported');
        }
        return first.map((condition, at) => (condition ? ((second as Series)[at] ?? 0) : null));
      case 'SUM':
      case 'MIN':
      case 'MAX':
        return aggregated(first, AGGREGATIONS[name], missing);
      default:
        throw new Error(`${name}: unsupported function`);
    }
  }

  private list(end: string): Value[] {
    const values: Value[] = [];
    while (this.tokens[this.position] !== end) {
      values.push(this.disjunction());
      if (this.tokens[this.position] === ',') {
        this.position += 1;
      }
    }
    this.position += 1;
    return values;
  }

  private next(): string {
    const token = this.tokens[this.position];
    this.position += 1;
    if (token === undefined) {
      throw new Error('unexpected end of the expression');
    }
    return token;
  }

  private expect(token: string): void {
    if (this.next() !== token) {
      throw new Error(`expected ${token}`);
    }
  }
}

const OPERATORS: Readonly<Record<string, (left: number, right: number) => number | null>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => (right === 0 ? null : left / right),
  '<': (left, right) => Number(left < right),
  '>': (left, right) => Number(left > right),
  '<=': (left, right) => Number(left <= right),
  '>=': (left, right) => Number(left >= right),
  '==': (left, right) => Number(left === right),
  '!=': (left, right) => Number(left !== right),
  AND: (left, right) => Number(left !== 0 && right !== 0),
  OR: (left, right) => Number(left !== 0 || right !== 0),
};

const AGGREGATIONS = {
  SUM: (values: readonly number[]) => values.reduce((total, value) => total + value, 0),
  MIN: (values: readonly number[]) => Math.min(...values),
  MAX: (values: readonly number[]) => Math.max(...values),
};

function combined(left: Value, right: Value, operator: (left: number, right: number) => number | null): Value {
  if (typeof left === 'number' && typeof right === 'number') {
    return operator(left, right) ?? Number.NaN;
  }
  if (isArray(left) || isArray(right)) {
    throw new Error('operators over arrays are not supported');
  }
  const at = (value: number | Series, index: number) => (typeof value === 'number' ? value : (value[index] ?? null));
  const length = Math.max(...[left, right].map((value) => (typeof value === 'number' ? 0 : value.length)));
  return Array.from({ length }, (_, index) => {
    const [one, other] = [at(left, index), at(right, index)];
    // Two series have a value at the times of either; a series and a scalar at those of the series.
    const isMissing = typeof left === 'number' || typeof right === 'number' ? one === null || other === null : false;
    return isMissing || (one === null && other === null) ? null : operator(one ?? 0, other ?? 0);
  });
}

function each(value: Value, change: (series: Series) => Series): Value {
  if (typeof value === 'number') {
    throw new Error('a scalar is not a time series');
  }
  return isArray(value) ? value.map(change) : change(value as Series);
}

function filled(series: Series, filler: Value | undefined): Series {
  if (typeof filler !== 'number') {
    throw new Error('FILL: only scalars and REPEAT are supported');
  }
  let last: number | null = null;
  return series.map((value) => {
    last = value ?? last;
    return value ?? (Number.isNaN(filler) ? last : filler);
  });
}

function aggregated(
  value: Value,
  combine: (values: readonly number[]) => number,
  missing: Context['missing'],
): number | Series {
  if (typeof value === 'number') {
    return value;
  }
  const present = (values: Series) => values.filter((it): it is number => it !== null);
  if (!isArray(value)) {
    return combine(present(value as Series));
  }
  return (value[0] ?? []).map((_, at) => {
    const values = value.map((series) => series[at] ?? null);
    const known = present(values);
    return known.length === 0 ? null : combine(missing === 'zero' ? values.map((it) => it ?? 0) : known);
  });
}
