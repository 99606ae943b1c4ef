/** A column of a text table. Numbers read best at the right edge. */
export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/**
 * A text table for people: columns as wide as their widest cell, two spaces between them, no lines. Ends with a newline.
 * Every row has as many cells as there are columns.
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): string {
  const lines = alignCells(columns, [columns.map(({ title }) => title), ...rows]);
  return `${lines.join('\n')}\n`;
}

/** Rows as lines of text, each cell as wide as its column is anywhere. */
export function alignCells(
  columns: readonly Pick<Column, 'align'>[],
  rows: readonly (readonly string[])[],
): string[] {
  const widths = columns.map((_, index) =>
    rows.reduce((widest, row) => Math.max(widest, (row[index] ?? '').length), 0),
  );
  return rows.map((cells) =>
    columns
      .map(({ align }, index) => {
        const cell = cells[index] ?? '';
        const width = widths[index] ?? 0;
        return align === 'right' ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
}

const twoDigits = (value: number): string => String(value).padStart(2, '0');

/** Seconds as `MM:SS`, the way ipvsadm prints timeouts; longer than 99 minutes gets more digits. */
export function renderMinutes(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  return `${twoDigits(Math.floor(whole / 60))}:${twoDigits(whole % 60)}`;
}

/** How long ago something was, in its two largest units: `7s`, `3m12s`, `5h02m`, `2d04h`. */
export function renderAge(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1_000));
  if (seconds < 60) return `${String(seconds)}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${String(minutes)}m${twoDigits(seconds % 60)}s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${String(hours)}h${twoDigits(minutes % 60)}m`;
  return `${String(Math.floor(hours / 24))}d${twoDigits(hours % 24)}h`;
}

/** Counters by reason as `reason 3, other 1`, without those at zero; `-` when all are. */
export function renderReasons(counters: Readonly<Record<string, number>>): string {
  const parts = Object.entries(counters)
    .filter(([, count]) => count > 0)
    .map(([reason, count]) => `${reason} ${String(count)}`);
  return parts.length === 0 ? '-' : parts.join(', ');
}
