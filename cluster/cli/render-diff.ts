import type { TableDiff } from '../lab/table-diff.js';
import { alignCells } from './table.js';

/** As many entries of a group as are shown unless all are asked for. */
const shownEntries = 5;

/** Protocol, client, virtual, and what differs. */
const entryColumns = [{}, {}, {}, {}];

/** How two connection tables differ, for people; `all` shows every entry. */
export function renderDiff(diff: TableDiff, all: boolean): string {
  const [first, second] = diff.nodes;
  const sizes = `${first} has ${String(diff.sizes[0])} entries, ${second} ${String(diff.sizes[1])}`;
  if (diff.equal) return `${sizes}: the tables are equal\n`;
  const limit = all ? Number.POSITIVE_INFINITY : shownEntries;
  const groups = [
    ...diff.onlyIn.flatMap((group, side) =>
      Object.entries(group).map(([reason, keys]) => ({
        title: `only in ${diff.nodes[side] ?? ''}: ${reason}`,
        rows: keys.map((key) => key.split(' ')),
      })),
    ),
    ...Object.entries(diff.different).map(([field, differences]) => ({
      title: `another ${field} in ${first} than in ${second}`,
      rows: differences.map(({ key, here, there }) => [...key.split(' '), `${here} / ${there}`]),
    })),
  ];
  const sections = groups.map(({ title, rows }) => {
    const rest = rows.length - limit;
    const more = rest > 0 ? `  and ${String(rest)} more\n` : '';
    const lines = alignCells(entryColumns, rows.slice(0, limit)).map((line) => `  ${line}\n`);
    return `${title} (${String(rows.length)})\n${lines.join('')}${more}`;
  });
  return `${sizes}, ${String(diff.same)} are the same\n\n${sections.join('\n')}`;
}
