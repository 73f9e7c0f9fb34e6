/**
 * The form of what was measured: ratios, tables in Markdown, bars as an SVG, and their place in a
 * text. It is pure; `publish.ts` writes.
 *
 * @module
 */

/** A table in Markdown; `deno fmt` aligns it. */
export function table(columns: string[], rows: (string | number)[][]): string {
  return [columns, columns.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

export function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

/** `1.02 (0.97 to 1.06)`: the median of the rounds' ratios, the lowest and the highest. */
export function ratio(ours: number[], others: number[]): string {
  const ratios = ours.map((value, i) => value / (others[i] ?? NaN));
  const [middle, lowest, highest] = [median(ratios), Math.min(...ratios), Math.max(...ratios)]
    .map((value) => value.toFixed(2));
  return `${middle} (${lowest} to ${highest})`;
}

/** The text with the section of that name replaced: what stands between its two comments. */
export function replaceSection(text: string, name: string, section: string): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) {
    throw new Error(`Cannot find the section ${name}: expected ${begin} and ${end}`);
  }
  return `${before}${begin}\n\n${section}\n\n${end}${after}`;
}

/** Bars of one unit, one below the other. */
export interface Panel {
  title: string;
  bars: { name: string; value: number; ours: boolean }[];
  digits: number;
}

const WIDTH = 720;
const NAME_WIDTH = 190;
const VALUE_WIDTH = 60;
const ROW = 20;
const PANEL_GAP = 18;

/** The panels as one drawing, this server's bars in a colour of their own. */
export function drawing(title: string, panels: Panel[]): string {
  const text = (x: number, y: number, content: string, style = "") =>
    `<text x="${x}" y="${y}"${style}>${
      content.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    }</text>`;
  const lines: string[] = [];
  let y = 30;
  for (const { title, bars, digits } of panels) {
    lines.push(text(10, y + 14, title, ' font-weight="bold"'));
    y += ROW + 2;
    const highest = Math.max(...bars.map(({ value }) => value));
    for (const { name, value, ours } of bars) {
      const width = value / highest * (WIDTH - NAME_WIDTH - VALUE_WIDTH);
      lines.push(
        text(NAME_WIDTH - 8, y + 14, name, ' text-anchor="end"'),
        `<rect x="${NAME_WIDTH}" y="${y + 2}" width="${width.toFixed(1)}" height="${ROW - 4}" ` +
          `fill="${ours ? "#2563a8" : "#a9b4c0"}"/>`,
        text(NAME_WIDTH + Math.ceil(width) + 6, y + 14, value.toFixed(digits)),
      );
      y += ROW;
    }
    y += PANEL_GAP;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y}" ` +
    `font-family="sans-serif" font-size="13" role="img" aria-label="${title}">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    text(10, 20, title, ' font-size="15" font-weight="bold"'),
    ...lines,
    "</svg>\n",
  ].join("\n");
}
