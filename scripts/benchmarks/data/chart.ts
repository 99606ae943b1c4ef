/** A bar of a chart. */
export interface Bar {
  readonly name: string;
  readonly value: number;
}

/** Bars of one measure, drawn from a common zero. */
export interface Panel {
  readonly title: string;
  readonly bars: readonly Bar[];
}

const Width = 900;
const LabelWidth = 130;
const ValueWidth = 90;
const BarHeight = 18;
const PanelGap = 44;
const Colours: Readonly<Record<string, string>> = {
  offload: '#084c5a',
  ring: '#0b7285',
  pcap: '#66a3ad',
};
const OtherColour = '#adb5bd';

/** A chart of horizontal bars as SVG, one panel under the other. */
export function renderChart(title: string, panels: readonly Panel[]): string {
  const parts: string[] = [];
  let y = 56;
  for (const { title: heading, bars } of panels) {
    parts.push(text(10, y, heading, 'font-weight="bold"'));
    y += 8;
    const largest = Math.max(...bars.map(({ value }) => value), Number.MIN_VALUE);
    for (const { name, value } of bars) {
      const width = ((Width - LabelWidth - ValueWidth - 20) * value) / largest;
      const fill = Colours[name] ?? OtherColour;
      parts.push(
        text(LabelWidth, y + 14, name, 'text-anchor="end"'),
        `<rect x="${LabelWidth + 8}" y="${y + 2}" width="${width.toFixed(1)}" height="${BarHeight - 4}" fill="${fill}"/>`,
        text(LabelWidth + 14 + width, y + 14, amount(value)),
      );
      y += BarHeight;
    }
    y += PanelGap - BarHeight;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${Width}" height="${y}" font-family="sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="white"/>`,
    text(10, 26, title, 'font-size="16"'),
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

const text = (x: number, y: number, content: string, style = ''): string =>
  `<text x="${x.toFixed(1)}" y="${y}" ${style}>${content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</text>`;

/** A number with about three digits that count. */
export const amount = (value: number): string =>
  value >= 1_000
    ? Math.round(value).toLocaleString('en')
    : value.toLocaleString('en', { maximumSignificantDigits: 3 });
