import type { MetricLine } from '../../lib/dashboard/dashboard-sources';
import type { Widget } from '../../lib/dashboard/widgets';
import { DAYS, type Drawn, drawn } from './numbers';

/** The size of a column and a row of the console's grid, in pixels. */
const [COLUMN, ROW] = [62, 50];
const PALETTE = ['#1f77b4', '#ff7f0e', '#2ca02c', '#d62728', '#9467bd', '#8c564b', '#e377c2', '#7f7f7f'];

const RULE = 'stagecert-api-client-certificates';

/** Rows of the table of failed invocations. */
const ROWS = [
  [
    '2026-11-08 02:00',
    'sweep',
    '111122223333',
    'eu-west-1',
    RULE,
    'Operation',
    'SelectResourceConfig: ThrottlingException',
    '31204',
    '8f3c...',
  ],
  [
    '2026-11-08 02:00',
    'change',
    '444455556666',
    'eu-west-1',
    RULE,
    'Operation',
    'AssumeRole: AccessDenied',
    '204',
    '1a7e...',
  ],
];

/** Rows of the table of billed usage. */
const USAGE_ROWS = [
  ['2026-11-29', 'change', '31', '40', '0', '35'],
  ['2026-11-29', 'sweep', '4', '12', '0', '1'],
  ['2026-11-28', 'change', '57', '71', '0', '62'],
];

/** Returns the columns of a log query: the grouping and aggregated fields, or those displayed. */
function columnsOf(query: string): string[] {
  const [, aggregations, grouping] = /\| stats (.*) by (.*)/.exec(query) ?? [];
  const named = (list = '') => list.split(', ').map((it) => it.replace(/^.* as /, '').trim());
  return aggregations === undefined
    ? named(/display ([^|]+)/.exec(query)?.[1])
    : [...named(grouping), ...named(aggregations)];
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Returns a dashboard as an HTML page with a layout similar to the console's. */
export function page(title: string, widgets: readonly Widget[]): string {
  const height = Math.max(...widgets.map(({ y, height }) => y + height)) * ROW;
  const boxes = widgets.map((widget) => {
    const place = `left:${widget.x * COLUMN}px;top:${widget.y * ROW}px;width:${widget.width * COLUMN - 8}px;height:${widget.height * ROW - 8}px`;
    return `<div class="widget ${widget.type}" style="${place}">${content(widget)}</div>`;
  });
  return `<!doctype html><meta charset="utf-8"><title>${escaped(title)}</title><style>
body{margin:12px;background:#f2f3f3;font:13px/1.4 Helvetica,Arial,sans-serif;color:#16191f;width:${24 * COLUMN}px}
main{position:relative;height:${height}px}
.widget{position:absolute;background:#fff;border:1px solid #d5dbdb;box-sizing:border-box;padding:8px 10px;overflow:hidden}
.text{background:none;border:none}h1{font-size:20px;margin:0 0 4px}h2{font-size:16px;margin:8px 0 0}p{margin:0;color:#545b64}
.title{font-weight:bold;margin-bottom:4px;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.value{font-size:38px;line-height:1.2}.name{color:#545b64}.legend span{margin-right:10px;white-space:nowrap}.legend{font-size:11px}
table{border-collapse:collapse;width:100%;font-size:12px}td,th{text-align:left;border-bottom:1px solid #eaeded;padding:3px 6px}
</style><main>${boxes.join('\n')}</main>`;
}

function content({ type, properties, width, height }: Widget): string {
  const shown = properties as Record<string, unknown>;
  if (type === 'text') {
    return markdown(shown.markdown as string);
  }
  const title = `<div class="title" title="${escaped(shown.title as string)}">${escaped(shown.title as string)}</div>`;
  if (type === 'log') {
    const fields = columnsOf(shown.query as string);
    const cells = (row: readonly string[]) =>
      fields.map((_, index) => `<td>${escaped(row[index] ?? '')}</td>`).join('');
    const rows = (fields[0] === 'day' ? USAGE_ROWS : ROWS).map(cells);
    return `${title}<table><tr>${fields.map((field) => `<th>${field}</th>`).join('')}</tr>${rows.map((row) => `<tr>${row}</tr>`).join('')}</table>`;
  }
  const lines = drawn(shown.metrics as MetricLine[]);
  const box = { width: width * COLUMN - 30, height: height * ROW - 30 - 34 };
  switch (shown.view) {
    case 'singleValue':
      return (
        title +
        `<div style="display:flex">${lines.map((line) => single(line, box.width / lines.length)).join('')}</div>`
      );
    case 'bar':
      return title + bars(lines, box);
    default:
      return title + graph(lines, box, shown);
  }
}

function markdown(text: string): string {
  return text
    .split('\n')
    .map((line) => {
      const [, marks, heading] = /^(#+) (.*)$/.exec(line) ?? [];
      return marks === undefined
        ? `<p>${escaped(line)}</p>`
        : `<h${marks.length}>${escaped(heading ?? '')}</h${marks.length}>`;
    })
    .join('');
}

function single({ label, color, points }: Drawn, width: number): string {
  const line = path(points, { width, height: 44 }, extent([points], 0));
  return `<div><div class="value">${points.at(-1) ?? '--'}</div><div class="name">${escaped(label)}</div>
<svg width="${width}" height="48"><path d="${line}" fill="none" stroke="${color ?? PALETTE[0]}" stroke-width="2"/></svg></div>`;
}

interface Box {
  readonly width: number;
  readonly height: number;
}

function graph(lines: readonly Drawn[], box: Box, shown: Record<string, unknown>): string {
  const left = (shown.yAxis as { left?: { min?: number; max?: number } } | undefined)?.left ?? {};
  const stacked = shown.stacked === true;
  const legendRight = (shown.legend as { position?: string } | undefined)?.position === 'right';
  const series = stacked ? accumulated(lines) : lines;
  const points = (right: boolean) =>
    series.filter((line) => (line.right ?? false) === right).map((line) => line.points);
  const range = extent(points(false), left.min, left.max);
  const plot = { width: box.width - 42 - (legendRight ? 190 : 0), height: box.height - 16 };
  const paths = series.map((line, index) => {
    const stroke = line.color ?? PALETTE[index % PALETTE.length];
    const drawnLine = path(line.points, plot, line.right ? extent(points(true), 0) : range);
    const area = stacked
      ? `<path d="${drawnLine}L${plot.width},${plot.height}L0,${plot.height}Z" fill="${stroke}"/>`
      : '';
    return `${area}<path d="${drawnLine}" fill="none" stroke="${stroke}" stroke-width="2"/>`;
  });
  const ticks = [0, 0.5, 1].map((share) => {
    const y = plot.height * (1 - share);
    const value = Math.round(10 * (range[0] + share * (range[1] - range[0]))) / 10;
    return `<line x1="0" x2="${plot.width}" y1="${y}" y2="${y}" stroke="#eaeded"/><text x="-6" y="${y + 4}" text-anchor="end" font-size="10" fill="#687078">${value}</text>`;
  });
  const legend = lines.map(({ label, color }, index) => {
    return `<span><b style="color:${color ?? PALETTE[index % PALETTE.length]}">&#9632;</b> ${escaped(label)}</span>${legendRight ? '<br>' : ''}`;
  });
  const place = legendRight ? `position:absolute;top:40px;left:${plot.width + 56}px` : '';
  return `<svg width="${box.width}" height="${box.height}"><g transform="translate(38,8)">${ticks.join('')}${(stacked ? paths.reverse() : paths).join('')}</g></svg><div class="legend" style="${place}">${legend.join(' ')}</div>`;
}

function bars(lines: readonly Drawn[], { width, height }: Box): string {
  const values = lines.map(({ points }) => points.at(-1) ?? 0);
  const max = Math.max(1, ...values);
  const step = height / Math.max(1, lines.length);
  const drawnBars = lines.map(({ label, color }, index) => {
    const value = values[index] ?? 0;
    const y = index * step;
    return `<rect x="180" y="${y}" width="${Math.max(1, ((width - 230) * value) / max)}" height="${step * 0.7}" fill="${color ?? PALETTE[0]}"/>
<text x="174" y="${y + step * 0.5}" text-anchor="end" font-size="11">${escaped(label)}</text><text x="${190 + (Math.max(0, value) * (width - 230)) / max}" y="${y + step * 0.5}" font-size="11">${value}</text>`;
  });
  return `<svg width="${width}" height="${height}">${drawnBars.join('')}</svg>`;
}

function accumulated(lines: readonly Drawn[]): Drawn[] {
  const below: number[] = Array.from({ length: DAYS }, () => 0);
  return lines.map((line) => ({
    ...line,
    points: line.points.map((point, day) => {
      below[day] = (below[day] ?? 0) + (point ?? 0);
      return below[day] ?? 0;
    }),
  }));
}

function extent(series: readonly (readonly (number | null)[])[], min?: number, max?: number): [number, number] {
  const values = series.flatMap((points) => points.filter((point): point is number => point !== null));
  const low = Math.min(min ?? Number.POSITIVE_INFINITY, ...values);
  const high = max ?? Math.max(...values);
  return [low, high > low ? high : low + 1];
}

function path(
  points: readonly (number | null)[],
  { width, height }: Box,
  [low, high]: readonly [number, number],
): string {
  return points
    .map((point, day) => {
      const x = (width * day) / (points.length - 1);
      const y = height * (1 - ((point ?? 0) - low) / (high - low));
      return `${day === 0 ? 'M' : 'L'}${x.toFixed(1)},${y.toFixed(1)}`;
    })
    .join('');
}
