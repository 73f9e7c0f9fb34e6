/**
 * What the measurements report: tables in Markdown, and the main figures for one picture.
 *
 * @module
 */

/** One of the main figures, beside Redis and its target. */
export interface Figure {
  name: string;
  /** The subject's, divided by Redis'; or an amount, with its unit. */
  value: number;
  unit?: string | undefined;
  target: number;
  /** Whether the target is the least that it should be. Default: the most. */
  atLeast?: boolean | undefined;
}

/** What one measurement found. */
export interface Section {
  title: string;
  columns: string[];
  rows: string[][];
  figures: Figure[];
}

/** Whether a figure is as it should be. */
export function meets({ value, target, atLeast }: Figure): boolean {
  return atLeast ? value >= target : value <= target;
}

/** Three significant digits, without an exponent. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return "–";
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

/** The value that this share of them, given in ascending order, does not exceed. */
export function percentile(sorted: number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

export function geometricMean(values: number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

function markdownTable(columns: string[], rows: string[][]): string {
  const lines = [columns, columns.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** A section as Markdown: its main figures with their targets, then the table. */
export function markdown({ title, columns, rows, figures }: Section): string {
  const main = figures.map((figure) => [
    figure.name,
    `${digits(figure.value)}${figure.unit ?? ""}`,
    `${figure.atLeast ? "≥" : "≤"} ${figure.target}${figure.unit ?? ""}`,
    meets(figure) ? "yes" : "**no**",
  ]);
  return [
    `### ${title}`,
    ...figures.length > 0 ? [markdownTable(["", "figure", "target", "met"], main)] : [],
    ...rows.length > 0 ? [markdownTable(columns, rows)] : [],
  ].join("\n\n") + "\n";
}

const ROW_HEIGHT = 22;
const NAME_WIDTH = 330;
const BAR_WIDTH = 330;

const escape = (text: string) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");

/**
 * The main figures as bars, each in units of its target, which is the line they should not reach, or
 * should pass.
 */
export function svg(title: string, figures: Figure[]): string {
  const height = (figures.length + 2) * ROW_HEIGHT;
  const line = NAME_WIDTH + BAR_WIDTH / 2;
  const bars = figures.map((figure, i) => {
    const y = (i + 1.5) * ROW_HEIGHT;
    const width = Math.min(1, figure.value / figure.target / 2) * BAR_WIDTH;
    const label = `${digits(figure.value)}${figure.unit ?? ""} (${figure.atLeast ? "≥" : "≤"} ` +
      `${figure.target}${figure.unit ?? ""})`;
    return `<text x="${NAME_WIDTH - 8}" y="${y + 14}" text-anchor="end">${escape(figure.name)}` +
      `</text><rect x="${NAME_WIDTH}" y="${y + 3}" width="${width.toFixed(1)}" height="14" ` +
      `fill="${meets(figure) ? "#2b8a57" : "#c4472f"}"/>` +
      `<text x="${NAME_WIDTH + BAR_WIDTH + 8}" y="${y + 14}">${escape(label)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${NAME_WIDTH + BAR_WIDTH + 160}" ` +
    `height="${height}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
<text x="8" y="18" font-weight="bold">${escape(title)}</text>
${bars.join("\n")}
<line x1="${line}" x2="${line}" y1="${1.5 * ROW_HEIGHT}" y2="${height - 8}" stroke="#000" ` +
    `stroke-dasharray="3 3"/>
</svg>
`;
}
